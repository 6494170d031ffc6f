using System.Diagnostics.Tracing;
using Eisen.Serve.Telemetry;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Telemetry;

public sealed class ExporterWatchTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly CollectingLogger<ExporterWatch> logger = new();
    private readonly ExporterWatch watch;

    public ExporterWatchTests() => watch = new ExporterWatch(time, logger);

    public void Dispose() => watch.Dispose();

    [Fact]
    public void OnEventWritten_CollectorIsAway_IsToldFromTimeToTime()
    {
        using FakeExporter exporter = new();

        for (int i = 0; i < 100; i++)
            exporter.Unreachable("http://collector:4317", "HttpRequestException: Connection refused\n   at Send()");
        time.Advance(TimeSpan.FromMinutes(9));
        exporter.Unreachable("http://collector:4317", "x");
        logger.Messages.ShouldBe(["Warning: Traces or metrics may be lost: http://collector:4317: HttpRequestException: Connection refused. It is not said again for 10 minutes."]);

        time.Advance(TimeSpan.FromMinutes(2));
        exporter.Unreachable("http://collector:4317", "x");
        logger.Messages.Count().ShouldBe(2);
    }

    [Fact]
    public void OnEventWritten_NoTrouble_IsNotTold()
    {
        using FakeSdk sdk = new();

        sdk.InstrumentIgnored("serilog.pipeline");
        logger.Messages.ShouldBeEmpty();
        sdk.ItemsDropped(12);
        logger.Messages.Single().ShouldContain("12 items dropped");
    }

    // Its name is one that is listened to, not the library's own, of which a process has one.
    [EventSource(Name = "OpenTelemetry-Exporter-Fake")]
    private sealed class FakeExporter : EventSource
    {
        [Event(1, Message = "{0}: {1}", Level = EventLevel.Warning)]
        public void Unreachable(string address, string failure) => WriteEvent(1, address, failure);
    }

    [EventSource(Name = "OpenTelemetry-Fake")]
    private sealed class FakeSdk : EventSource
    {
        [Event(1, Message = "{0} is ignored", Level = EventLevel.Warning)]
        public void InstrumentIgnored(string name) => WriteEvent(1, name);

        [Event(2, Message = "{0} items dropped", Level = EventLevel.Warning)]
        public void ItemsDropped(int count) => WriteEvent(2, count);
    }
}
