using Eisen.Serve.Logging;
using Microsoft.AspNetCore.Http;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Eisen.Serve.Tests.Logging;

public sealed class AccessLogTests
{
    [Fact]
    public async Task Write_DiskThatHangs_WaitsForNothingAndCountsWhatIsLeftOut()
    {
        const int requests = 20_000;
        using HangingSink sink = new();
        using Logger logger = new LoggerConfiguration().WriteTo.Sink(sink).CreateLogger();
        DroppedLines dropped = new();
        AccessLog log = new(logger, dropped, TimeProvider.System);

        for (int i = 0; i < requests; i++)
            log.Write(new DefaultHttpContext(), log.Begin());

        dropped.Count.ShouldBeInRange(1, requests - 1);
        sink.GoOn();
        await log.DisposeAsync();
        (sink.Lines + dropped.Count).ShouldBe(requests);
    }

    private sealed class HangingSink : ILogEventSink, IDisposable
    {
        private readonly ManualResetEventSlim hangs = new();

        public long Lines { get; private set; }

        public void Emit(LogEvent logEvent)
        {
            hangs.Wait();
            Lines += ((AccessBatch)logEvent.Properties[AccessBatch.Name]).Entries.Length;
        }

        public void GoOn() => hangs.Set();

        public void Dispose() => hangs.Dispose();
    }
}
