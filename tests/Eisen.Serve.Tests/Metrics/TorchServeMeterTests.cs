using System.Diagnostics.Metrics;
using Eisen.Serve.Configuration;
using Eisen.Serve.Handlers;
using Eisen.Serve.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Tests.Metrics;

public sealed class TorchServeMeterTests : IDisposable
{
    private readonly TorchServeMetrics metrics = new(new MetricsSettings { DetectsModelMetrics = true }, new MetricsLog(NullLoggerFactory.Instance, TimeProvider.System));
    private readonly TorchServeMeter meter;

    public TorchServeMeterTests() => meter = new TorchServeMeter(metrics);

    public void Dispose() => meter.Dispose();

    [Fact]
    public void Read_MachineAndHandlers_AreInstrumentsOfTheSameNames()
    {
        metrics.Host("MemoryUsed")!.Set(512);
        metrics.Report("m", new HandlerMetric("Lesions", "count", "counter", 2, new Dictionary<string, string> { ["ModelName"] = "m" }, null));
        metrics.Report("m", new HandlerMetric("Lesions", "count", "counter", 3, new Dictionary<string, string> { ["ModelName"] = "m" }, null));

        Dictionary<string, (double Value, string? Unit, string Tags)> read = ReadAll();

        read["MemoryUsed"].ShouldBe((512, "MiBy", $"Level=Host,Hostname={TorchServeMetrics.HostName}"));
        read["Lesions"].ShouldBe((5, "1", $"ModelName=m,Hostname={TorchServeMetrics.HostName}"));
    }

    [Fact]
    public void Read_WhatOthersMeasure_IsNotTheirsAgain()
    {
        metrics.Host("Requests2XX")!.Add(1);
        metrics.Asked("ts_inference_requests_total", "m", "default")!.Add(1);

        ReadAll().Keys.ShouldNotContain(name => name == "Requests2XX" || name == "ts_inference_requests_total");
    }

    private Dictionary<string, (double Value, string? Unit, string Tags)> ReadAll()
    {
        Dictionary<string, (double, string?, string)> read = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == TorchServeMeter.Name)
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => read[instrument.Name] = (value, instrument.Unit, string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
