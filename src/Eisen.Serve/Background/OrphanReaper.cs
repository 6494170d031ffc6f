namespace Eisen.Serve.Background;

/// <summary>
/// Lets go of processes that others have left to this one: in a container, where this is process 1, and where Python workers are
/// forked, what a worker's processes leave behind become children of this one when they are left, and would stay listed for ever
/// when they end. Whoever starts a child here asks for it at its end: one that is still listed at two looks is nobody's.
/// </summary>
internal sealed class OrphanReaper(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private IReadOnlySet<ProcessIdentity> seen = new HashSet<ProcessIdentity>();

    /// <summary>Looks once, and lets go of what was there at the look before.</summary>
    public void Look()
    {
        IReadOnlySet<ProcessIdentity> ended = Posix.HasEndedChild() ? ProcessIdentity.EndedChildren() : new HashSet<ProcessIdentity>();
        foreach (ProcessIdentity orphan in ended.Intersect(seen))
            Posix.Reap(orphan.Id);
        seen = ended;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(LookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Look();
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }
}
