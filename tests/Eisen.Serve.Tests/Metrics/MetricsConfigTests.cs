using Eisen.Serve.CommandLine;
using Eisen.Serve.Metrics;

namespace Eisen.Serve.Tests.Metrics;

public sealed class MetricsConfigTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_TorchServesForm_HasItsMetrics()
    {
        MetricsConfig config = Read(
            """
            dimensions:
              - &model_name "ModelName"
              - &level "Level"
            ts_metrics:
              counter:
                - name: Requests2XX
                  unit: Count
                  dimensions: [*level, "Hostname"]
              gauge:
            model_metrics:
              gauge:
                - name: HandlerTime
                  unit: ms
                  dimensions: [*model_name, *level]
              histogram:
                - name: Sizes
                  unit: MB
                  dimensions: [*model_name]
            """);

        config.Server.Select(metric => metric.Name).ShouldBe(["Requests2XX"]);
        config.Server[0].Dimensions.ShouldBe(["Level", "Hostname"]);
        config.Models.Select(metric => (metric.Name, metric.Kind, metric.Unit)).ShouldBe([("HandlerTime", MetricKind.Gauge, "ms"), ("Sizes", MetricKind.Histogram, "MB")]);
    }

    [Fact]
    public void Read_Mistakes_NamesThemAll()
    {
        UserMistakeException mistake = Should.Throw<UserMistakeException>(() => Read(
            """
            ts_metrics:
              counter:
                - unit: Count
                - name: bad name
            model_metrics:
              gauge:
                - name: Twice
                - name: Twice
                - name: Labelled
                  dimensions: ["a b"]
              histogram: 7
            """));

        mistake.Message.ShouldContain("ts_metrics.counter[0] needs a name");
        mistake.Message.ShouldContain("ts_metrics.counter[1] needs a name");
        mistake.Message.ShouldContain("model_metrics has Twice twice");
        mistake.Message.ShouldContain("model_metrics.gauge[2]: dimensions");
        mistake.Message.ShouldContain("model_metrics.histogram must be a list");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1, 2]")]
    [InlineData("a: [")]
    public void Read_NoMapping_IsRefused(string text) => Should.Throw<UserMistakeException>(() => Read(text)).Message.ShouldContain("metrics_config");

    [Fact]
    public void Read_NoFile_SaysSo() => Should.Throw<UserMistakeException>(() => MetricsConfig.Read(Path.Combine(folder.Path, "none.yaml"))).Message.ShouldContain("none.yaml");

    private MetricsConfig Read(string text)
    {
        string path = Path.Combine(folder.Path, "metrics.yaml");
        File.WriteAllText(path, text);
        return MetricsConfig.Read(path);
    }
}
