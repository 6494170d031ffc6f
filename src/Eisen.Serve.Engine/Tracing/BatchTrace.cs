using System.Diagnostics;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Tells of the batches that a lane's worker was asked.</summary>
/// <param name="version">What the lane works for.</param>
/// <param name="worker">The worker's number.</param>
/// <param name="device">Where it runs.</param>
/// <param name="time">The clock.</param>
internal sealed class BatchTrace(ModelVersion version, int worker, TorchDevice device, TimeProvider time)
{
    /// <summary>
    /// Tells of a batch and, below the spans that they came with, of its requests. The batch's span is linked to each of
    /// them. It belongs to the first one's trace: as the root of one of its own it would be kept or thrown away by chance,
    /// whatever was decided about its requests.
    /// </summary>
    /// <param name="batch">The requests.</param>
    /// <param name="answers">What became of them, in their order.</param>
    public void Tell(List<InferenceJob> batch, IReadOnlyList<HandlerAnswer> answers)
    {
        if (batch.Find(job => job.Trace is not null)?.Trace is not { } first)
            return;

        SpanClock clock = new(time);
        RequestTimes times = batch[0].Request.Times;
        long ended = times.Answered != 0 ? times.Answered : clock.Now;
        using (Activity? span = EngineTracing.Source.StartActivity("batch", ActivityKind.Internal, first.Request, Tags(batch.Count), Links(batch), clock.At(times.Taken)))
        {
            if (answers.All(answer => answer.Error != PredictionError.None))
                SpanTags.SetError(span, answers[0].Error);
            for (int i = 0; i < batch.Count; i++)
                batch[i].Trace?.Ran(batch[i].Request.Times, ended, answers[i].Error, span?.Context, batch.Count);
            span?.SetEndTime(clock.At(ended).UtcDateTime);
        }
    }

    private KeyValuePair<string, object?>[] Tags(int size) =>
        [.. SpanTags.Of(version), new(SpanTags.BatchSize, size), new("worker.id", worker), new("worker.device", device.ToString())];

    private static IEnumerable<ActivityLink> Links(List<InferenceJob> batch)
    {
        foreach (InferenceJob job in batch)
        {
            if (job.Trace is { } trace)
                yield return new ActivityLink(trace.Request);
        }
    }
}
