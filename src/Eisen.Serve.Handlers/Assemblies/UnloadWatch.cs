using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Sees whether the assemblies of unloaded models go: .NET lets them go when nothing holds them any more and the garbage collector has
/// seen that. Whoever should know that they stay is told.
/// </summary>
internal sealed class UnloadWatch(TimeProvider time, ILogger logger)
{
    /// <summary>How often it looks.</summary>
    internal static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often it looks before it says that they stay.</summary>
    internal const int MostLooks = 10;

    private readonly Lock changes = new();
    private readonly List<Leaving> leaving = [];
    private bool isLooking;

    /// <summary>Watches assemblies that should go from now on.</summary>
    /// <param name="model">The model that they belonged to.</param>
    /// <param name="handler">The handler's class.</param>
    /// <param name="assemblies">Their load context.</param>
    public void Add(string model, string handler, WeakReference assemblies)
    {
        lock (changes)
        {
            leaving.Add(new Leaving(model, handler, assemblies));
            if (isLooking)
                return;
            isLooking = true;
        }

        _ = LookAsync();
    }

    private async Task LookAsync()
    {
        do
        {
            // In the background: no request waits for it.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
            await Task.Delay(LookInterval, time);
        }
        while (Look());
    }

    private bool Look()
    {
        lock (changes)
        {
            leaving.RemoveAll(each =>
            {
                if (!each.Assemblies.IsAlive)
                    AssemblyLog.Unloaded(logger, each.Model, each.Handler);
                else if (++each.Looks == MostLooks)
                    AssemblyLog.StaysLoaded(logger, each.Model, each.Handler, (MostLooks * LookInterval).TotalSeconds);
                else
                    return false;
                return true;
            });
            isLooking = leaving.Count > 0;
            return isLooking;
        }
    }

    private sealed class Leaving(string model, string handler, WeakReference assemblies)
    {
        public string Model => model;

        public string Handler => handler;

        public WeakReference Assemblies => assemblies;

        public int Looks { get; set; }
    }
}
