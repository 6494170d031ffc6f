namespace Eisen.Serve.Engine;

/// <summary>What is counted and told of a version: its state, and why it failed if it did. Safe to read at any time.</summary>
public sealed class ModelStatus
{
    private readonly Lock changes = new();
    private volatile Reached reached = new(ModelState.Loading, null);

    /// <summary>Where the version is in its life.</summary>
    public ModelState State => reached.State;

    /// <summary>Why it failed, in one line; null unless it did.</summary>
    public string? Reason => reached.Reason;

    /// <summary>Moves on to a later state; a move back is ignored, as an unload may overtake a load.</summary>
    /// <returns>Whether the state was reached.</returns>
    internal bool Advance(ModelState state, string? reason = null)
    {
        lock (changes)
        {
            bool later = state > reached.State && !(reached.State == ModelState.Ready && state == ModelState.Failed);
            if (later)
                reached = new Reached(state, reason ?? reached.Reason);
            return later;
        }
    }

    private sealed record Reached(ModelState State, string? Reason);
}
