namespace Eisen.Serve.Handlers;

/// <summary>Tells when nobody waits for any answer of a batch any more.</summary>
internal sealed class BatchAbandonment : IDisposable
{
    private readonly CancellationTokenSource all = new();
    private readonly CancellationTokenRegistration[] registrations;
    private int waiting;

    public BatchAbandonment(IReadOnlyList<HandlerRequest> batch)
    {
        waiting = batch.Count;
        Token = all.Token;
        registrations = [.. batch.Select(request => request.Abandoned.UnsafeRegister(static state => ((BatchAbandonment)state!).LoseOne(), this))];
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        Array.ForEach(registrations, registration => registration.Dispose());
        all.Dispose();
    }

    private void LoseOne()
    {
        if (Interlocked.Decrement(ref waiting) == 0)
            all.Cancel();
    }
}
