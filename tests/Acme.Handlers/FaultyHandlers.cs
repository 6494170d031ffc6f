using System.Diagnostics.CodeAnalysis;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace Acme.Handlers;

public sealed class ThrowsInConstructor : ArrayHandler
{
    [SuppressMessage("Design", "CA1065", Justification = "That is what it is for.")]
    public ThrowsInConstructor() => throw new InvalidOperationException("the scanner is not calibrated");
}

public sealed class HangsInConstructor : ArrayHandler
{
    public HangsInConstructor(HandlerContext context) => Gate.WaitFor(context);
}

public sealed class ThrowsInDecode : ArrayHandler
{
    public override NDArray Decode(HandlerRequest request) => throw new InvalidOperationException("the slices are in no order");
}

public sealed class ThrowsInEncode : ArrayHandler
{
    public override HandlerAnswer Encode(NDArray output, HandlerRequest request) =>
        output.AsSpan<float>()[0] < 0 ? throw new InvalidOperationException("the mask is empty") : base.Encode(output, request);
}

public sealed class AnswersTooFew : BatchHandler
{
    public override IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IHandlerModule module, CancellationToken cancellationToken) => [];
}

public sealed class CancelsItself : BatchHandler
{
    public override IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IHandlerModule module, CancellationToken cancellationToken) =>
        throw new OperationCanceledException("a time limit of its own");
}

public sealed class NeverReturns(HandlerContext context) : BatchHandler
{
    public override IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IHandlerModule module, CancellationToken cancellationToken)
    {
        Gate.WaitFor(context);
        return [.. batch.Select(_ => HandlerAnswer.Text("late"))];
    }
}

public sealed class WaitsForCancellation : BatchHandler
{
    public override IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IHandlerModule module, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne();
        cancellationToken.ThrowIfCancellationRequested();
        return [];
    }
}

public sealed class FloodsItsLog(ILogger logger) : BatchHandler
{
    public override IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IHandlerModule module, CancellationToken cancellationToken)
    {
        string text = new('x', 100_000);
        for (int i = 0; i < 20_000; i++)
            logger.LogWarning("line {Number} {Text}", i, text);
        return [.. batch.Select(_ => HandlerAnswer.Text("told"))];
    }
}

/// <summary>Holds its own assembly for ever: a thread runs in it.</summary>
public sealed class LeavesAThread : ArrayHandler
{
    public LeavesAThread(HandlerContext context) => new Thread(() => Gate.WaitFor(context)) { IsBackground = true }.Start();
}

/// <summary>Ends the waiting when the file that the parameters name is there; nothing else does. Another file says that somebody waits.</summary>
internal static class Gate
{
    public static void WaitFor(HandlerContext context)
    {
        string file = context.Parameters["gate"]!.GetValue<string>();
        File.WriteAllText($"{file}.reached", "");
        while (!File.Exists(file))
            Thread.Sleep(20);
    }
}
