using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Handlers;
using Eisen.Serve.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Tests.Metrics;

public sealed class TorchServeMetricsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Record_MetricThatIsNotConfigured_IsNotKept()
    {
        TorchServeMetrics metrics = Make(new MetricsSettings { Mode = MetricsMode.Prometheus });

        metrics.Report("m", Custom("MyCounter", MetricKind.Counter, 2));

        metrics.Shown.ShouldNotContain(family => family.Name == "MyCounter");
    }

    [Fact]
    public void Record_DetectedMetric_IsKeptByItsKind()
    {
        TorchServeMetrics metrics = Make(new MetricsSettings { Mode = MetricsMode.Prometheus, DetectsModelMetrics = true });

        metrics.Report("m", Custom("MyCounter", MetricKind.Counter, 2));
        metrics.Report("m", Custom("MyCounter", MetricKind.Counter, 3));
        metrics.Report("m", Custom("MyGauge", MetricKind.Gauge, 2));
        metrics.Report("m", Custom("MyGauge", MetricKind.Gauge, 3));

        Value(metrics, "MyCounter").ShouldBe(5);
        Value(metrics, "MyGauge").ShouldBe(3);
        metrics.Shown.Single(family => family.Name == "MyGauge").Cells.Single().Labels.ShouldBe($"ModelName=\"m\",Level=\"Model\",Hostname=\"{TorchServeMetrics.HostName}\",");
    }

    [Theory]
    [InlineData("not a name")]
    [InlineData("")]
    [InlineData("Requests2XX")]
    public void Record_NameThatCannotBe_IsNotKept(string name)
    {
        TorchServeMetrics metrics = Make(new MetricsSettings { Mode = MetricsMode.Prometheus, DetectsModelMetrics = true });
        int before = metrics.Shown.Count();

        metrics.Report("m", Custom(name, MetricKind.Counter, 2));

        metrics.Shown.Count().ShouldBe(before);
    }

    [Fact]
    public void Record_EndlesslyManyNamesAndLabels_AreBounded()
    {
        TorchServeMetrics metrics = Make(new MetricsSettings { Mode = MetricsMode.Prometheus, DetectsModelMetrics = true });

        for (int i = 0; i < 3000; i++)
            metrics.Report("m", Custom($"n{i}", MetricKind.Counter, 1));
        for (int i = 0; i < 12_000; i++)
            metrics.Report("m", new HandlerMetric("n0", "count", "counter", 1, new Dictionary<string, string> { ["ModelName"] = $"{i}", ["Level"] = "Model" }, null));

        metrics.Shown.Count().ShouldBeLessThan(1100);
        metrics.Shown.Single(family => family.Name == "n0").Cells.Count.ShouldBeLessThanOrEqualTo(10_000);
    }

    [Fact]
    public void WriteChanges_LabelsWithQuotesAndCommas_AreWrittenAsTheyAre()
    {
        MetricsLog log = new(NullLoggerFactory.Instance, TimeProvider.System);
        TorchServeMetrics metrics = new(new MetricsSettings { Mode = MetricsMode.Log, DetectsModelMetrics = true }, log);
        metrics.Report("m", new HandlerMetric("Found", "count", "counter", 1, new Dictionary<string, string> { ["Class"] = "a\",b=\"" }, null));

        Should.NotThrow(() => log.WriteChanges(metrics.Logged, metrics.LoggedOfModels));
    }

    [Fact]
    public void Report_LabelsThatPrometheusRefuses_AreLeftOutOrOnce()
    {
        TorchServeMetrics metrics = Make(new MetricsSettings { Mode = MetricsMode.Prometheus, DetectsModelMetrics = true });

        metrics.Report("m", new HandlerMetric("Found", "count", "histogram", 1, new Dictionary<string, string> { ["le"] = "1", ["a:b"] = "1", ["Hostname"] = "h" }, null));

        metrics.Shown.Single(family => family.Name == "Found").Labels.ShouldBe(["Hostname"]);
    }

    [Fact]
    public void Shown_LogMode_IsNothing() => Make(new MetricsSettings { Mode = MetricsMode.Log }).Shown.ShouldBeEmpty();

    [Fact]
    public void SetWorkers_WorkerGone_IsForgotten()
    {
        TorchServeMetrics metrics = Make(new MetricsSettings { Mode = MetricsMode.Prometheus });

        metrics.SetWorkers("WorkerLoadTime", new Dictionary<string, double> { ["W-9000-a_1.0"] = 5, ["W-9001-a_1.0"] = 6 });
        metrics.SetWorkers("WorkerLoadTime", new Dictionary<string, double> { ["W-9001-a_1.0"] = 6 });

        metrics.Shown.Single(family => family.Name == "WorkerLoadTime").Cells.Single().Value.ShouldBe(6);
    }

    [Fact]
    public void Make_OtherNumberOfDimensions_SaysWhatIsNeeded()
    {
        string path = Path.Combine(folder.Path, "metrics.yaml");
        File.WriteAllText(path, "ts_metrics:\n  counter:\n    - name: Requests2XX\n      unit: Count\n      dimensions: [Level]\n");

        Should.Throw<UserMistakeException>(() => Make(new MetricsSettings { ConfigFile = path })).Message.ShouldContain("Requests2XX is a counter with 2 dimensions, such as Level, Hostname");
    }

    private static TorchServeMetrics Make(MetricsSettings settings) => new(settings, new MetricsLog(NullLoggerFactory.Instance, TimeProvider.System));

    private static HandlerMetric Custom(string name, MetricKind kind, double value) =>
        new(name, "count", kind.ToString().ToLowerInvariant(), value, new Dictionary<string, string> { ["ModelName"] = "m", ["Level"] = "Model" }, null);

    private static double Value(TorchServeMetrics metrics, string name) => metrics.Shown.Single(family => family.Name == name).Cells.Single().Value;
}
