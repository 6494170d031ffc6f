using System.Text;
using Eisen.Serve.Metrics;

namespace Eisen.Serve.Tests.Metrics;

public sealed class PrometheusTextTests
{
    [Theory]
    [InlineData(1, "1.0")]
    [InlineData(0, "0.0")]
    [InlineData(-3, "-3.0")]
    [InlineData(18.062488555908203, "18.062488555908203")]
    [InlineData(13554.815, "13554.815")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NaN, "NaN")]
    public void Number_Value_ReadsBackAsItself(double value, string expected) => PrometheusText.Number(value).ShouldBe(expected);

    [Fact]
    public void Labels_ValueWithSpecialCharacters_CannotEndItsQuotes() =>
        PrometheusText.Labels(["a", "b"], ["x\"y\\z\nw", "é"]).ShouldBe("a=\"x\\\"y\\\\z\\nw\",b=\"é\",");

    [Fact]
    public void Write_Counter_LooksLikeTorchServes()
    {
        MetricFamily family = new("Requests2XX", MetricKind.Counter, "Torchserve prometheus counter metric with unit: Count", ["Level", "Hostname"]);
        family.Cell("Host", "vm")!.Add(52);

        Written(family).ShouldBe(
            """
            # HELP Requests2XX Torchserve prometheus counter metric with unit: Count
            # TYPE Requests2XX counter
            Requests2XX{Level="Host",Hostname="vm",} 52.0

            """);
    }

    [Fact]
    public void Write_NothingMeasured_HasItsHeadOnly()
    {
        MetricFamily family = new("QueueTime", MetricKind.Gauge, "help", []);
        family.Cell();

        Written(family).ShouldBe("# HELP QueueTime help\n# TYPE QueueTime gauge\n");
    }

    [Fact]
    public void Write_Histogram_CountsWhatIsAtMostEachBound()
    {
        MetricFamily family = new("sizes", MetricKind.Histogram, "help", ["m"], [1, 2]);
        foreach (double size in (double[])[0.5, 1, 1.5, 9])
            family.Cell("x")!.Observe(size);

        Written(family).ShouldBe(
            """
            # HELP sizes help
            # TYPE sizes histogram
            sizes_bucket{m="x",le="1.0",} 2.0
            sizes_bucket{m="x",le="2.0",} 3.0
            sizes_bucket{m="x",le="+Inf",} 4.0
            sizes_count{m="x",} 4.0
            sizes_sum{m="x",} 12.0

            """);
    }

    private static string Written(MetricFamily family)
    {
        StringBuilder text = new();
        PrometheusText.Write(text, family);
        return text.ToString();
    }
}
