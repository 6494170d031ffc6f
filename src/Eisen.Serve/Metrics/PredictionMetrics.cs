using System.Collections.Concurrent;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Metrics;

/// <summary>Counts predictions when they have been answered: in TorchServe's metrics, and in our own.</summary>
internal sealed class PredictionMetrics(TorchServeMetrics torchServe, ServerMeter meter, ModelRegistry registry, TimeProvider time)
{
    private const string DefaultVersion = "default";

    private readonly MetricCell? queueTime = torchServe.Host("QueueTime");
    private readonly MetricCell? threadTime = torchServe.Host("WorkerThreadTime");
    private readonly ConcurrentDictionary<(string Model, string Version), Series> asked = new();

    /// <summary>Counts an answer.</summary>
    /// <param name="version">The version that was found for the request.</param>
    /// <param name="asVersion">The version that the request named, or null.</param>
    /// <param name="times">When the request was where.</param>
    /// <param name="start">When it came, as the clock's timestamp.</param>
    /// <param name="succeeded">Whether the model answered.</param>
    public void Answered(ModelVersion version, string? asVersion, in RequestTimes times, long start, bool succeeded)
    {
        Series series = asked.GetOrAdd((version.Name, asVersion ?? DefaultVersion), static (key, metrics) => new Series(metrics, key.Model, key.Version), torchServe);
        TimeSpan whole = time.GetElapsedTime(start);
        series.Requests?.Add(1);
        meter.Answered(version, times, whole, succeeded, time);
        if (times.Answered == 0)
            return;

        TimeSpan queued = time.GetElapsedTime(times.Queued, times.Taken);
        TimeSpan handled = time.GetElapsedTime(times.Taken, times.Answered);
        TimeSpan forward = times.ForwardEnded == 0 ? handled : time.GetElapsedTime(times.ForwardBegan, times.ForwardEnded);
        series.Latency?.Add(Math.Round(whole.TotalMicroseconds, 3));
        series.QueueLatency?.Add(Math.Round(queued.TotalMicroseconds, 3));
        queueTime?.Set(Math.Floor(queued.TotalMilliseconds));
        threadTime?.Set(Math.Floor((handled - forward).TotalMilliseconds));
        // Workers that are processes measure this themselves.
        if (times.ForwardEnded == 0)
            return;
        series.HandlerTime?.Set(Math.Round(handled.TotalMilliseconds, 2));
        series.PredictionTime?.Set(Math.Round(handled.TotalMilliseconds, 2));
    }

    /// <summary>Forgets what was counted of models that are not registered any more.</summary>
    public void ForgetModels()
    {
        foreach ((string Model, string Version) key in asked.Keys)
        {
            if (registry.Find(key.Model) is null && asked.TryRemove(key, out Series? gone))
                gone.Forget(torchServe);
        }
    }

    private sealed class Series(TorchServeMetrics metrics, string model, string version)
    {
        public MetricCell? Requests { get; } = metrics.Asked("ts_inference_requests_total", model, version);

        public MetricCell? Latency { get; } = metrics.Asked("ts_inference_latency_microseconds", model, version);

        public MetricCell? QueueLatency { get; } = metrics.Asked("ts_queue_latency_microseconds", model, version);

        public MetricCell? HandlerTime { get; } = metrics.Handler("HandlerTime", model);

        public MetricCell? PredictionTime { get; } = metrics.Handler("PredictionTime", model);

        public void Forget(TorchServeMetrics metrics)
        {
            HashSet<string> gone = [.. ((MetricCell?[])[Requests, Latency, QueueLatency, HandlerTime, PredictionTime]).OfType<MetricCell>().Select(cell => cell.Labels)];
            metrics.Forget(gone.Contains);
        }
    }
}
