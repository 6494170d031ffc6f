using System.Text.RegularExpressions;

namespace Eisen.Serve.EndToEnd;

/// <summary>What the metrics listener shows of a running server.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    [Fact]
    public async Task Metrics_PrometheusMode_CountWhatWasAsked()
    {
        place.Configure("metrics_mode=prometheus");
        place.StartWith(place.Pack("double"));

        await AskAsync("predictions/double");
        await AskAsync("predictions/double/1.0");
        (await place.Inference.PostAsync("predictions/none", new StringContent("[1]"))).IsSuccessStatusCode.ShouldBeFalse();
        string text = await place.Metrics.GetStringAsync("metrics");

        text.ShouldContain("ts_inference_requests_total{model_name=\"double\",model_version=\"default\",hostname=");
        text.ShouldContain("ts_inference_requests_total{model_name=\"double\",model_version=\"1.0\",hostname=");
        text.ShouldNotContain("\"none\"");
        Value(text, "Requests2XX").ShouldBe(2);
        Value(text, "Requests4XX").ShouldBe(1);
        Value(text, "WorkerLoadTime").ShouldBeGreaterThan(0);
        Value(text, "ts_inference_latency_microseconds").ShouldBeGreaterThan(0);
        Value(text, "MemoryUsed").ShouldBeGreaterThan(0);
        Value(text, "eisen_request_duration_seconds_count").ShouldBe(2);
        Value(text, "eisen_batch_size_sum").ShouldBe(2);
        Value(text, "eisen_inference_duration_seconds_count").ShouldBe(2);
        Value(text, "eisen_queue_length").ShouldBe(0);
        text.ShouldContain("eisen_model_state{model=\"double\",version=\"1.0\",state=\"READY\",} 1.0");
    }

    [Fact]
    public async Task Metrics_Filter_ShowsWhatItNames()
    {
        place.Configure("metrics_mode=prometheus");
        place.StartWith(place.Pack("double"));
        await AskAsync("predictions/double");

        string text = await place.Metrics.GetStringAsync("metrics?name[]=QueueTime&name%5B%5D=eisen_queue_length&name[]=none");

        Regex.Matches(text, "^# TYPE (\\S+)", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ShouldBe(["QueueTime", "eisen_queue_length"]);
    }

    [Fact]
    public async Task Metrics_ModelUnregistered_IsForgotten()
    {
        place.Configure("metrics_mode=prometheus");
        place.StartWith(place.Pack("double"));
        await AskAsync("predictions/double");

        (await place.Management.DeleteAsync("models/double")).IsSuccessStatusCode.ShouldBeTrue();

        (await place.Metrics.GetStringAsync("metrics")).ShouldNotContain("\"double\"");
    }

    [Fact]
    public async Task Metrics_LogMode_AreWrittenAtTheEndAndNotShown()
    {
        place.StartWith(place.Pack("double"));
        await AskAsync("predictions/double");
        (await place.Metrics.GetStringAsync("metrics")).ShouldBeEmpty();

        place.Stop();

        string log = string.Concat(Directory.GetFiles(place.LogFolder).Select(File.ReadAllText));
        log.ShouldMatch(@"ts_inference_requests_total\.Count:1\.0\|#model_name:double,model_version:default\|#hostname:[^,]+,timestamp:\d+");
        log.ShouldMatch(@"Requests2XX\.Count:\d+\.0\|#Level:Host\|#hostname:");
        log.ShouldMatch(@"HandlerTime\.ms:[\d.]+\|#ModelName:double,Level:Model\|#hostname:");
    }

    [Fact]
    public async Task Metrics_OnOtherListeners_AreNotThere()
    {
        place.StartWith(place.Pack("double"));

        (await place.Inference.GetAsync("metrics")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await place.Metrics.GetAsync("predictions/double")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await place.Metrics.GetAsync("models")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }

    private async Task AskAsync(string path) => (await place.Inference.PostAsync(path, new StringContent("[1, 2]"))).EnsureSuccessStatusCode();

    private static double Value(string text, string name) =>
        double.Parse(Regex.Match(text, $@"^{name}(\{{[^}}]*\}})? (\S+)$", RegexOptions.Multiline).Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture);
}
