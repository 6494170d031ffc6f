namespace Eisen.Serve.Handlers.Contract.Tests;

public sealed class HandlerMetricsTests
{
    private readonly List<HandlerMetric> reported = [];

    [Fact]
    public void Add_EachKind_IsReportedAsTorchServesApiDoes()
    {
        HandlerMetrics metrics = new("brain", reported.Add);

        metrics.AddCounter("SliceCount", 12, new HandlerRequest([]) { Id = "7" });
        metrics.AddTime("ResampleTime", TimeSpan.FromSeconds(1.5));
        metrics.AddGauge("TumourVolume", 3, "ml");

        reported.Select(metric => (metric.Name, metric.Type, metric.Unit, metric.Value, metric.RequestId)).ShouldBe(
            [("SliceCount", "counter", "count", 12, "7"), ("ResampleTime", "gauge", "ms", 1500, null), ("TumourVolume", "gauge", "ml", 3, null)]);
        reported.ShouldAllBe(metric => metric.Dimensions["ModelName"] == "brain" && metric.Dimensions["Level"] == "Model");
    }

    [Fact]
    public void Add_NotANumber_Throws() => Should.Throw<ArgumentOutOfRangeException>(() => new HandlerMetrics("brain", reported.Add).AddCounter("SliceCount", double.NaN));
}
