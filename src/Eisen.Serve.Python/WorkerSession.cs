using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Eisen.Serve.Python;

/// <summary>One life of a Python worker: its process, the connection to it, the memory that it shares, and its log.</summary>
internal sealed class WorkerSession : IDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly ChildProcess process;
    private readonly WorkerConnection connection;
    private readonly ModelLog log;
    private readonly Task logRead;
    private readonly ILogger logger;
    private readonly string name;
    private readonly bool hasLoaded;
    private volatile bool isAlive = true;
    private bool isAskedForStacks;

    private WorkerSession(StartedWorker started, WorkerConnection connection, SharedSegment shared, string name, ILogger logger, TimeProvider time)
    {
        process = started.Process;
        hasLoaded = started.HasLoaded;
        this.connection = connection;
        this.logger = logger;
        this.name = name;
        Shared = shared;
        log = new ModelLog(name, logger, time);
        logRead = Task.WhenAll(log.ReadAsync(process.Output, isError: false), log.ReadAsync(process.Errors, isError: true));
    }

    /// <summary>Raised when the process has ended, whoever ended it.</summary>
    public event Action? Ended;

    public int ProcessId => process.Id;

    // That it has ended is known before those are told who asked to be.
    public bool IsAlive => isAlive && !process.Ended.IsCompleted;

    public SharedSegment Shared { get; }

    /// <summary>Starts a worker.</summary>
    /// <param name="starter">What starts it.</param>
    /// <param name="model">The model's name and version, for the log.</param>
    /// <param name="logger">The model log.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static WorkerSession Start(IWorkerStarter starter, string model, ILogger logger, TimeProvider time)
    {
        WorkerConnection connection = WorkerConnection.Open(out SafeFileHandle workersEnd);
        SharedSegment? shared = null;
        try
        {
            shared = new SharedSegment();
            StartedWorker started;
            // With an end of the worker's open here, its end would not be noticed.
            using (workersEnd)
                started = starter.Start(workersEnd, shared.Handle);
            WorkerSession session = new(started, connection, shared, $"W-{started.Process.Id}-{model}", logger, time);
            started.Process.Ended.ContinueWith(static (_, state) => ((WorkerSession)state!).OnEnded(), session, TaskScheduler.Default);
            return session;
        }
        catch
        {
            connection.Dispose();
            shared?.Dispose();
            throw;
        }
    }

    /// <summary>Sends a frame with a head alone.</summary>
    public void Send<T>(FrameKind kind, T head, JsonTypeInfo<T> type, TimeSpan timeout) => connection.Send(kind, JsonSerializer.SerializeToUtf8Bytes(head, type), [], timeout);

    /// <summary>Sends a batch.</summary>
    public void Send(BatchFrame batch, TimeSpan timeout) => connection.Send(FrameKind.Batch, batch.Head, batch.Content, timeout);

    /// <summary>Sends a frame with descriptors.</summary>
    public void SendDescriptors(FrameKind kind, ReadOnlySpan<int> descriptors) => connection.SendDescriptors(kind, descriptors);

    /// <summary>Waits for what the worker says next.</summary>
    /// <returns>Null when it has ended.</returns>
    /// <exception cref="TimeoutException">It says nothing in time.</exception>
    /// <exception cref="ProtocolException">It says what is no frame.</exception>
    public WorkerConnection.Frame? Receive(TimeSpan timeout)
    {
        try
        {
            return connection.Receive(timeout);
        }
        catch (SocketException) when (!isAlive || process.Ended.Wait(LastWords))
        {
            // What it had not read yet was lost with it.
            return null;
        }
    }

    /// <summary>Has it load its model, unless it has already, and waits until it is ready.</summary>
    /// <exception cref="WorkerDiedException">It could not, or not in time.</exception>
    public ReadyHead Load(LoadHead order, TimeSpan timeout)
    {
        try
        {
            if (!hasLoaded)
                Send(FrameKind.Load, order, WorkerJson.Default.LoadHead, timeout);
            return Receive(timeout) switch
            {
                { Kind: FrameKind.Ready } ready => ready.Read(WorkerJson.Default.ReadyHead),
                { Kind: FrameKind.Failed } failed => throw new WorkerDiedException(failed.Read(WorkerJson.Default.FailedHead).Message ?? "it could not load its model"),
                null => throw new WorkerDiedException(LastWordsInOneLine()),
                { } other => throw new ProtocolException($"its first frame is a {other.Kind}"),
            };
        }
        catch (TimeoutException)
        {
            string reason = $"it was not ready within startupTimeout, {timeout.TotalSeconds:0} s";
            KillWithStacks(reason);
            throw new WorkerDiedException(reason);
        }
        catch (ProtocolException broken)
        {
            throw new WorkerDiedException($"it broke the protocol: {PrintableText.Shortened(broken.Message, 300)}");
        }
        catch (SocketException)
        {
            throw new WorkerDiedException(LastWordsInOneLine());
        }
    }

    /// <summary>Why it is not there any more, in one line; called when it has closed its end.</summary>
    public string LastWordsInOneLine()
    {
        // Whoever closes the connection and goes on is ended, as nothing more will come of it.
        if (!process.Ended.Wait(LastWords))
            Kill("it closed its connection");
        string end = process.Ended.Result;
        // A process that it left behind may keep its output open for ever.
        logRead.Wait(LastWords);
        return log.LastError is { } line ? $"{end}; the last line of its error output: {line}" : end;
    }

    /// <summary>Ends it at once.</summary>
    public void Kill(string reason)
    {
        if (!isAlive)
            return;
        isAlive = false;
        PythonLog.Killing(logger, name, reason);
        process.Kill();
        connection.Shutdown();
    }

    /// <summary>Ends it, after it has written to the log what it is at.</summary>
    public void KillWithStacks(string reason)
    {
        if (!Interlocked.Exchange(ref isAskedForStacks, true))
            process.Signal(NativeMethods.SigUsr2);
        process.Ended.Wait(LastWords);
        Kill(reason);
    }

    /// <summary>Lets it end, and ends it when it does not.</summary>
    public void Dispose()
    {
        isAlive = false;
        connection.Shutdown();
        process.Ended.Wait(EndPatience);
        process.Kill();
        // What it has written is read first; a process that it left behind may keep its output open for ever.
        logRead.Wait(LastWords);
        process.Dispose();
        connection.Dispose();
        Shared.Dispose();
    }

    private void OnEnded()
    {
        isAlive = false;
        // Another process may hold the worker's end open.
        connection.Shutdown();
        Ended?.Invoke();
    }
}
