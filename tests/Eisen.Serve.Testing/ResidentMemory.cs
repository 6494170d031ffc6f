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
        return Read("VmRSS:");
    }

    /// <summary>The most resident bytes at any time since the process began, or since <see cref="ForgetPeak"/>.</summary>
    public static long Peak() => Read("VmHWM:");

    /// <summary>Lets the peak begin anew at what is resident now.</summary>
    public static void ForgetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long Read(string figure)
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith(figure, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(figure.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }
}
