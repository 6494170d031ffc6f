using System.ComponentModel;
using System.Net.Sockets;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>
/// A worker that is a Python process. Each load starts one; when it dies, the lane that it works for loads it again. What the
/// process says is checked before it is believed.
/// </summary>
/// <param name="order">What the process is to load.</param>
/// <param name="starter">What starts it.</param>
/// <param name="options">How the version runs.</param>
/// <param name="metrics">Gets what the handler measures.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The model log.</param>
internal sealed class PythonWorker(LoadHead order, IWorkerStarter starter, ModelOptions options, IHandlerMetrics metrics, TimeProvider time, ILogger logger) : IModelWorker
{
    private readonly BatchFrame frame = new();
    private volatile WorkerSession? session;
    private volatile bool isReady;

    /// <inheritdoc/>
    public event Action? Died;

    /// <inheritdoc/>
    public bool IsAlive => isReady && session?.IsAlive == true;

    /// <inheritdoc/>
    public int? ProcessId => session is { IsAlive: true } current ? current.ProcessId : null;

    /// <summary>Whether its lane has ended.</summary>
    public bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    public void Load(CancellationToken cancellationToken)
    {
        isReady = false;
        session?.Dispose();
        WorkerSession started = Start();
        try
        {
            started.Ended += () => Died?.Invoke();
            session = started;
            using (cancellationToken.UnsafeRegister(_ => EndInBackground(started), null))
                Report(started.Load(order, options.StartupTimeout).Metrics);
            isReady = true;
        }
        catch
        {
            started.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken)
    {
        WorkerSession current = session!;
        AnswerStream?[] streams = new AnswerStream?[batch.Count];
        List<CancellationTokenRegistration> watches = [];
        bool isBusy = false;
        try
        {
            frame.Write(batch, current.Shared);
            current.Send(frame, options.ResponseTimeout);
            isBusy = true;
            watches.Add(cancellationToken.UnsafeRegister(_ => TellGone(current, 0), null));
            return AwaitAnswers(current, batch, streams, watches);
        }
        catch (TimeoutException)
        {
            string reason = $"there was no answer within responseTimeout, {options.ResponseTimeout.TotalSeconds:0} s";
            current.KillWithStacks(reason);
            throw new WorkerDiedException(reason);
        }
        catch (ProtocolException broken)
        {
            string reason = $"it broke the protocol: {PrintableText.Shortened(broken.Message, 300)}";
            current.Kill(reason);
            throw new WorkerDiedException(reason);
        }
        catch (SocketException)
        {
            throw new WorkerDiedException(current.LastWordsInOneLine());
        }
        catch (Exception failure) when (isBusy && failure is not WorkerDiedException)
        {
            // What it still says of this batch would be taken for answers to the next one.
            current.Kill($"its answers could not be taken: {PrintableText.Shortened(failure.Message, 300)}");
            throw;
        }
        finally
        {
            watches.ForEach(watch => watch.Dispose());
        }
    }

    /// <summary>Ends the process, after it has written to the log what it is at; whoever waits for it finds it dead.</summary>
    public void EndWithStacks(string reason) => session?.KillWithStacks(reason);

    /// <inheritdoc/>
    public void Dispose()
    {
        IsDisposed = true;
        session?.Dispose();
    }

    private WorkerSession Start()
    {
        try
        {
            return WorkerSession.Start(starter, $"{order.ModelName}_{order.ModelVersion}", logger, time);
        }
        catch (Win32Exception failure)
        {
            throw new WorkerDiedException($"its process cannot be started: {failure.Message}");
        }
    }

    private HandlerAnswer[] AwaitAnswers(WorkerSession current, IReadOnlyList<HandlerRequest> batch, AnswerStream?[] streams, List<CancellationTokenRegistration> watches)
    {
        while (current.Receive(options.ResponseTimeout) is { } received)
        {
            switch (received.Kind)
            {
                case FrameKind.Part:
                    TakePart(current, received, batch, streams, watches);
                    break;
                case FrameKind.Grow:
                    Grow(current, received.Read(WorkerJson.Default.RoomHead).Shared, batch.Count);
                    break;
                case FrameKind.Done:
                    DoneHead done = received.Read(WorkerJson.Default.DoneHead);
                    Report(done.Metrics);
                    return AnswerReader.Read(done.Answers, received.Content, current.Shared, batch.Count, order.MaxResponseSize);
                default:
                    throw new ProtocolException($"it sent a {received.Kind} while it had a batch");
            }
        }

        throw new WorkerDiedException(current.LastWordsInOneLine());
    }

    private void TakePart(WorkerSession current, WorkerConnection.Frame received, IReadOnlyList<HandlerRequest> batch, AnswerStream?[] streams, List<CancellationTokenRegistration> watches)
    {
        WorkerAnswer part = received.Read(WorkerJson.Default.WorkerAnswer);
        if (part.Index < 0 || part.Index >= batch.Count)
            throw new ProtocolException($"it sent a part for request {part.Index} of {batch.Count}");
        byte[] content = AnswerReader.Copy(part, received.Content, current.Shared, order.MaxResponseSize);
        ref AnswerStream? stream = ref streams[part.Index];
        if (stream is null)
        {
            stream = batch[part.Index].BeginAnswer(part.TypeToSend(), part.HeadersToSend(), part.StatusToSend());
            int index = part.Index;
            watches.Add(stream.ReaderGone.UnsafeRegister(_ => TellGone(current, index), null));
        }

        stream.Write(content);
    }

    private void Grow(WorkerSession current, long wanted, int batchSize)
    {
        // What is asked for beyond what answers may take is not given; the worker sees that it has not grown.
        long most = Math.Max(current.Shared.Capacity, batchSize * SharedSegment.Next(order.MaxResponseSize));
        current.Shared.Reserve(Math.Min(wanted, most));
        current.Send(FrameKind.Room, new RoomHead(current.Shared.Capacity), WorkerJson.Default.RoomHead, options.ResponseTimeout);
    }

    private void TellGone(WorkerSession current, int index)
    {
        try
        {
            current.Send(FrameKind.Gone, new GoneHead(index), WorkerJson.Default.GoneHead, TimeSpan.FromSeconds(1));
        }
        catch (Exception gone) when (gone is SocketException or TimeoutException or ObjectDisposedException)
        {
            // The worker has ended, or does not listen.
        }
    }

    // Whoever cancels does not wait for what the process writes last, and may have more to end.
    private static void EndInBackground(WorkerSession loading) =>
        ThreadPool.QueueUserWorkItem(_ => loading.KillWithStacks("its model is not wanted any more, or took longer than startupTimeout"));

    private void Report(List<WorkerMetric>? measured)
    {
        foreach (WorkerMetric metric in measured ?? [])
            metrics.Report(order.ModelName, new HandlerMetric(metric.Name, metric.Unit, metric.Type, metric.Value, metric.Dimensions ?? [], metric.RequestId));
    }
}
