using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Eisen.Serve.Engine;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>
/// A process that has loaded a model, and from which the model's workers are forked: they share the memory of what it has loaded
/// until somebody writes there. Where a model cannot be forked its workers are started one by one.
/// </summary>
/// <param name="order">The model.</param>
/// <param name="command">What starts the process, with one thread: those of OpenMP do not survive a fork.</param>
/// <param name="plain">What starts a worker that is not forked.</param>
/// <param name="patience">How long loading may take.</param>
/// <param name="logger">The model log.</param>
/// <param name="time">The clock.</param>
internal sealed class ModelTemplate(LoadHead order, PythonCommand command, IWorkerStarter plain, TimeSpan patience, ILogger logger, TimeProvider time) : IWorkerStarter, IDisposable
{
    private readonly Lock changes = new();
    private volatile WorkerSession? session;
    private bool isUnforkable;
    private volatile bool isDisposed;

    public StartedWorker Start(SafeHandle connection, SafeHandle shared)
    {
        lock (changes)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (!isUnforkable && session?.IsAlive != true)
                Load();
            return isUnforkable ? plain.Start(connection, shared) : new StartedWorker(ChildProcess.Adopt((output, errors) => Fork(output, errors, connection, shared)), HasLoaded: true);
        }
    }

    public void Dispose()
    {
        isDisposed = true;
        session?.Kill("its model is unloaded");
        lock (changes)
            session?.Dispose();
    }

    private void Load()
    {
        session?.Dispose();
        WorkerSession started = WorkerSession.Start(command, $"{order.ModelName}_{order.ModelVersion}-template", logger, time);
        session = started;
        string? reason;
        try
        {
            // Who disposed it meanwhile has not seen this one.
            ObjectDisposedException.ThrowIf(isDisposed, this);
            reason = started.Load(order with { Template = true }, patience).Unforkable;
        }
        catch
        {
            // The next worker is to try again, and not to ask one that is about to end.
            started.Dispose();
            throw;
        }

        if (reason is null)
            return;
        isUnforkable = true;
        PythonLog.Unforkable(logger, order.ModelName, reason);
        started.Dispose();
    }

    private int Fork(params ReadOnlySpan<SafeHandle> given)
    {
        WorkerSession template = session!;
        Span<int> descriptors = stackalloc int[given.Length];
        for (int i = 0; i < given.Length; i++)
            descriptors[i] = (int)given[i].DangerousGetHandle();
        try
        {
            template.SendDescriptors(FrameKind.Fork, descriptors);
            if (template.Receive(patience) is not { Kind: FrameKind.Forked } forked)
                throw new WorkerDiedException(template.LastWordsInOneLine());
            int process = forked.Read(WorkerJson.Default.ForkedHead).Pid;
            return process > 1 ? process : throw new WorkerDiedException("its template could not fork, as the system has no memory or processes left");
        }
        catch (Exception broken) when (broken is TimeoutException or ProtocolException or SocketException or Win32Exception)
        {
            template.Kill($"it did not fork: {broken.Message}");
            throw new WorkerDiedException($"its template did not fork: {broken.Message}");
        }
    }
}
