using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Metrics;

/// <summary>
/// What the server measures in base units, on <see cref="System.Diagnostics.Metrics"/>: the metrics listener shows it, and
/// whatever else listens to <see cref="Name"/>. Labels name registered models only. Nobody listening costs next to nothing.
/// </summary>
internal sealed class ServerMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Eisen.Serve";

    /// <summary>The tag that names a model; it comes first.</summary>
    public const string ModelTag = "model";

    private const string VersionTag = "version";

    // Seconds: from a tiny model's forward to the longest that anybody waits.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
    };

    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] };

    private readonly ConditionalWeakTable<ModelVersion, KeyValuePair<string, object?>[]> tags = [];
    private readonly Meter meter = new(Name, ProductVersion.Text);
    private readonly Histogram<double> request;
    private readonly Histogram<double> queue;
    private readonly Histogram<double> decode;
    private readonly Histogram<double> inference;
    private readonly Histogram<double> encode;
    private readonly Histogram<int> batchSize;

    public ServerMeter(ModelRegistry registry, InflightBytes inflight)
    {
        request = Duration("eisen.request.duration", "How long a prediction took, from its header to its answer.");
        queue = Duration("eisen.queue.duration", "How long a prediction waited for a worker.");
        decode = Duration("eisen.decode.duration", "How long a batch was decoded.");
        inference = Duration("eisen.inference.duration", "How long a batch's forward took; with Python workers, the whole handler.");
        encode = Duration("eisen.encode.duration", "How long a batch's answers were encoded.");
        batchSize = meter.CreateHistogram("eisen.batch.size", "{request}", "How many predictions a batch had.", advice: Sizes);
        meter.CreateObservableGauge("eisen.queue.length", () => OfEach(registry, version => version.PendingRequests), "{request}", "How many predictions wait for a worker.");
        meter.CreateObservableGauge("eisen.model.memory", () => OfEach(registry, version => version.WeightBytes), "By", "The bytes of a model's weights, on all devices together.");
        meter.CreateObservableGauge("eisen.model.state", () => StatesOf(registry), null, "1 for the state that a model version is in.");
        meter.CreateObservableGauge("eisen.inflight", () => inflight.Taken, "By", "The bytes of the requests under way.");
    }

    /// <summary>Counts a prediction that has been answered.</summary>
    /// <param name="version">What answered it.</param>
    /// <param name="times">When it was where.</param>
    /// <param name="whole">How long it took.</param>
    /// <param name="succeeded">Whether the model answered.</param>
    /// <param name="time">The clock that <paramref name="times"/> are of.</param>
    public void Answered(ModelVersion version, in RequestTimes times, TimeSpan whole, bool succeeded, TimeProvider time)
    {
        if (!request.Enabled)
            return;
        ReadOnlySpan<KeyValuePair<string, object?>> model = tags.GetValue(version, TagsOf);
        request.Record(whole.TotalSeconds, [model[0], model[1], new("outcome", succeeded ? "success" : "failure")]);
        if (times.Taken == 0)
            return;
        queue.Record(time.GetElapsedTime(times.Queued, times.Taken).TotalSeconds, model);
        // The others of the batch had the same.
        if (times.Answered == 0 || times.BatchSize == 0)
            return;
        batchSize.Record(times.BatchSize, model);
        bool isTold = times.ForwardEnded != 0;
        inference.Record(time.GetElapsedTime(isTold ? times.ForwardBegan : times.Taken, isTold ? times.ForwardEnded : times.Answered).TotalSeconds, model);
        if (!isTold)
            return;
        decode.Record(time.GetElapsedTime(times.Taken - times.DecodedBefore, times.ForwardBegan).TotalSeconds, model);
        encode.Record(time.GetElapsedTime(times.ForwardEnded, times.Answered).TotalSeconds, model);
    }

    public void Dispose() => meter.Dispose();

    private Histogram<double> Duration(string name, string description) => meter.CreateHistogram(name, "s", description, advice: Durations);

    private static KeyValuePair<string, object?>[] TagsOf(ModelVersion version) => [new(ModelTag, version.Name), new(VersionTag, version.Version)];

    private static IEnumerable<Measurement<long>> OfEach(ModelRegistry registry, Func<ModelVersion, long> value) =>
        registry.Models.SelectMany(model => model.Versions).Select(version => new Measurement<long>(value(version), TagsOf(version)));

    private static IEnumerable<Measurement<long>> StatesOf(ModelRegistry registry) =>
        from version in registry.Models.SelectMany(model => model.Versions)
        from state in Enum.GetValues<ModelState>()
        select new Measurement<long>(version.Status.State == state ? 1 : 0, [.. TagsOf(version), new("state", state.ToString().ToUpperInvariant())]);
}
