namespace Eisen.Serve.TorchSharp;

/// <summary>Counts who uses something native, so that disposing it waits for the last of them: disposing a module while a thread
/// runs its forward is a crash.</summary>
/// <param name="free">Called once, when it is disposed and nobody uses it any more.</param>
internal sealed class UseCount(Action free) : IDisposable
{
    private readonly Lock changing = new();
    private int users;
    private bool isDisposed;

    /// <summary>Whether it was disposed.</summary>
    public bool IsDisposed
    {
        get
        {
            lock (changing)
                return isDisposed;
        }
    }

    /// <summary>Begins a use.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Enter(object used)
    {
        lock (changing)
        {
            ObjectDisposedException.ThrowIf(isDisposed, used);
            users++;
        }
    }

    /// <summary>Ends a use.</summary>
    public void Exit()
    {
        bool isLast;
        lock (changing)
        {
            users--;
            isLast = isDisposed && users == 0;
        }

        if (isLast)
            free();
    }

    public void Dispose()
    {
        bool isUnused;
        lock (changing)
        {
            isUnused = !isDisposed && users == 0;
            isDisposed = true;
        }

        if (isUnused)
            free();
    }
}
