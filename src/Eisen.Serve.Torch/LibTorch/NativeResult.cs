namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// What a forward returned, on the native side: the tensors and strings that its nodes point to. It goes with the last pin
/// into it. There is no finalizer: it could free a tensor while a span still reads it, so that a forgotten dispose is a leak,
/// never a corruption.
/// </summary>
/// <param name="pointer">The result; it belongs to this object from here on.</param>
/// <param name="arguments">The arguments' tensors, whose memory the result may share: they go when it does, and after it.</param>
internal sealed class NativeResult(nint pointer, PinnedTensors arguments) : IDisposable
{
    private PinnedTensors arguments = arguments;

    // The owner's, and one for each pin; the last to let go frees.
    private int holds = 1;
    private bool disposed;

    /// <summary>The result, for the binding.</summary>
    public nint Pointer => pointer;

    /// <summary>Whether its owner has let go of it.</summary>
    public bool IsDisposed => Volatile.Read(ref disposed);

    /// <summary>Holds it for a pin, until <see cref="LetGo"/>.</summary>
    /// <exception cref="ObjectDisposedException">Its owner has let go of it.</exception>
    public void Hold()
    {
        int seen = Volatile.Read(ref holds);
        int expected;
        do
        {
            ObjectDisposedException.ThrowIf(IsDisposed || seen == 0, this);
            expected = seen;
            seen = Interlocked.CompareExchange(ref holds, expected + 1, expected);
        }
        while (seen != expected);
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref holds) != 0)
            return;
        NativeMethods.FreeResult(pointer);
        arguments.Dispose();
    }

    public void Dispose()
    {
        if (!Interlocked.Exchange(ref disposed, true))
            LetGo();
    }
}
