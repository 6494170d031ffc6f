using System.Globalization;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>
/// How busy the processors were, and how much of that was this run: what others take makes every number worthless, above all
/// where several threads compute together and wait for each other.
/// </summary>
/// <param name="All">The ticks that all processors together have existed.</param>
/// <param name="Busy">The ticks in which they did something, or something else ran on the real one (steal).</param>
/// <param name="Own">The ticks of this process and of the children that have ended.</param>
internal readonly record struct ProcessorUse(long All, long Busy, long Own)
{
    /// <summary>Until now.</summary>
    public static ProcessorUse Now()
    {
        // user nice system idle iowait irq softirq steal (man 5 proc_stat)
        long[] ticks = [.. Numbers(File.ReadLines("/proc/stat").First()["cpu".Length..]).Take(8)];
        string own = File.ReadAllText("/proc/self/stat");
        // utime stime cutime cstime are fields 14 to 17; the name, field 2, may hold spaces (man 5 proc_pid_stat).
        string[] fields = own[(own.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessorUse(ticks.Sum(), ticks.Sum() - ticks[3] - ticks[4], Numbers(string.Join(' ', fields[11..15])).Sum());
    }

    /// <summary>The share of the processors, 0 to 1, that others took between an earlier time and this one.</summary>
    public double OthersSince(ProcessorUse earlier) =>
        All == earlier.All ? 0 : Math.Max(0, (Busy - earlier.Busy - (Own - earlier.Own)) / (double)(All - earlier.All));

    private static IEnumerable<long> Numbers(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => long.Parse(number, CultureInfo.InvariantCulture));
}
