using System.Globalization;

namespace Eisen.Serve.Testing;

/// <summary>How much of the machine's memory this process occupies.</summary>
public static class ResidentMemory
{
    /// <summary>The resident bytes after a garbage collection that gives back what it can.</summary>
    public static long Bytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }
}
