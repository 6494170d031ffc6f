using Serilog.Sinks.Async;

namespace Eisen.Serve.Logging;

/// <summary>Counts the log lines that found their file's queue full. Nobody waits for a disk to answer a request.</summary>
internal sealed class DroppedLines
{
    private readonly List<Monitor> monitors = [];
    private long accessLines;

    /// <summary>How many there were, of all files.</summary>
    public long Count
    {
        get
        {
            lock (monitors)
                return monitors.Sum(monitor => monitor.Count) + Volatile.Read(ref accessLines);
        }
    }

    /// <summary>Counts a line of the access log.</summary>
    public void AddAccessLine() => Interlocked.Increment(ref accessLines);

    /// <summary>What counts for one file.</summary>
    public IAsyncLogEventSinkMonitor NewMonitor()
    {
        Monitor monitor = new();
        lock (monitors)
            monitors.Add(monitor);
        return monitor;
    }

    private sealed class Monitor : IAsyncLogEventSinkMonitor
    {
        private volatile IAsyncLogEventSinkInspector? inspector;
        private long last;

        public long Count => inspector?.DroppedMessagesCount ?? Volatile.Read(ref last);

        public void StartMonitoring(IAsyncLogEventSinkInspector inspector) => this.inspector = inspector;

        public void StopMonitoring(IAsyncLogEventSinkInspector inspector)
        {
            Volatile.Write(ref last, inspector.DroppedMessagesCount);
            this.inspector = null;
        }
    }
}
