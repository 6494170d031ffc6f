using System.Diagnostics;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>
/// What a traced request tells of its way through a version. Its spans are made afterwards, of the times that are taken in any
/// case, so that nothing is to do for them on the way. They stand below the span that the request came with, which is carried
/// here: no ambient one follows a request into the queue and to its lane.
/// </summary>
internal sealed class PredictionTrace
{
    private readonly Activity request;
    private readonly KeyValuePair<string, object?>[] model;
    private readonly TimeProvider time;
    private bool hasToldQueue;

    private PredictionTrace(Activity request, ModelVersion version, TimeProvider time)
    {
        this.request = request;
        this.time = time;
        model = SpanTags.Of(version);
    }

    /// <summary>The span that the request came with.</summary>
    public ActivityContext Request => request.Context;

    /// <summary>The trace of the request that the caller's thread is at; null when nobody traces it.</summary>
    public static PredictionTrace? Begin(ModelVersion version, TimeProvider time)
    {
        if (!EngineTracing.Source.HasListeners() || Activity.Current is not { IsAllDataRequested: true } request)
            return null;
        PredictionTrace trace = new(request, version, time);
        foreach ((string key, object? value) in trace.model)
            request.SetTag(key, value);
        return trace;
    }

    /// <summary>Tells of a request that no worker was asked.</summary>
    public void Waited(in RequestTimes times, PredictionError error)
    {
        SpanClock clock = new(time);
        TellQueue(clock, times, clock.Now, PredictionError.None, error);
    }

    /// <summary>Tells of a batch that the request was in.</summary>
    /// <param name="times">When it was where.</param>
    /// <param name="ended">When the batch ended.</param>
    /// <param name="error">How the request came out of it.</param>
    /// <param name="batch">The batch's span; null when there is none.</param>
    /// <param name="batchSize">How many requests the batch had.</param>
    public void Ran(in RequestTimes times, long ended, PredictionError error, ActivityContext? batch, int batchSize)
    {
        SpanClock clock = new(time);
        bool isUnusable = error == PredictionError.BadInput;
        bool isDecoded = times.DecodedBefore > 0;
        if (!hasToldQueue)
            TellQueue(clock, times, times.Taken, isDecoded && isUnusable ? error : PredictionError.None, PredictionError.None);

        bool isForwardTold = times.ForwardBegan != 0;
        if (isUnusable || isForwardTold)
        {
            string preparing = isDecoded ? "prepare" : "decode";
            Tell(clock, preparing, times.Taken, isForwardTold ? times.ForwardBegan : ended, isUnusable && !isDecoded ? error : PredictionError.None);
        }

        if (isUnusable)
            return;
        bool hasEncoded = times.ForwardEnded != 0;
        KeyValuePair<string, object?>[] tags = [.. model, new(SpanTags.BatchSize, batchSize)];
        Tell(clock, "inference", isForwardTold ? times.ForwardBegan : times.Taken, hasEncoded ? times.ForwardEnded : ended, hasEncoded ? PredictionError.None : error, tags, batch);
        if (hasEncoded)
            Tell(clock, "encode", times.ForwardEnded, ended, error);
    }

    private void TellQueue(in SpanClock clock, in RequestTimes times, long left, PredictionError decodeError, PredictionError queueError)
    {
        hasToldQueue = true;
        if (times.DecodedBefore > 0)
            Tell(clock, "decode", times.Queued - times.DecodedBefore, times.Queued, decodeError);
        Tell(clock, "queue", times.Queued, left, queueError);
    }

    private void Tell(in SpanClock clock, string name, long began, long ended, PredictionError error, KeyValuePair<string, object?>[]? tags = null, ActivityContext? link = null)
    {
        using Activity? span = EngineTracing.Source.StartActivity(name, ActivityKind.Internal, Request, tags ?? model, link is { } linked ? [new ActivityLink(linked)] : null, clock.At(began));
        SpanTags.SetError(span, error);
        span?.SetEndTime(clock.At(ended).UtcDateTime);
    }
}
