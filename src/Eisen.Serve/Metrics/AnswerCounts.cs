namespace Eisen.Serve.Metrics;

/// <summary>Counts answers by the hundreds of their status, as TorchServe does.</summary>
internal sealed class AnswerCounts(TorchServeMetrics metrics)
{
    private readonly MetricCell? succeeded = metrics.Host("Requests2XX");
    private readonly MetricCell? refused = metrics.Host("Requests4XX");
    private readonly MetricCell? failed = metrics.Host("Requests5XX");

    /// <summary>Counts an answer.</summary>
    public void Add(int status)
    {
        MetricCell? count = (status / 100) switch
        {
            2 => succeeded,
            4 => refused,
            5 => failed,
            _ => null,
        };
        count?.Add(1);
    }
}
