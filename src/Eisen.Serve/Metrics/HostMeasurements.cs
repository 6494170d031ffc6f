using System.Globalization;

namespace Eisen.Serve.Metrics;

/// <summary>What the machine is doing, as Linux tells it.</summary>
internal sealed class HostMeasurements
{
    private const double BytesPerGigabyte = 1 << 30;
    private const double KilobytesPerMegabyte = 1 << 10;

    private (long Busy, long All) before;

    /// <summary>Looks, and sets what is kept. The share of the processors is that since the last look.</summary>
    public void Update(TorchServeMetrics metrics)
    {
        (long Busy, long All) now = ReadProcessors();
        if (now.All > before.All)
            metrics.Host("CPUUtilization")?.Set(Rounded(100.0 * (now.Busy - before.Busy) / (now.All - before.All)));
        before = now;

        Dictionary<string, long> memory = ReadMemory();
        double total = memory.GetValueOrDefault("MemTotal") / KilobytesPerMegabyte;
        double available = memory.GetValueOrDefault("MemAvailable") / KilobytesPerMegabyte;
        if (total > 0)
        {
            metrics.Host("MemoryAvailable")?.Set(available);
            metrics.Host("MemoryUsed")?.Set(total - available);
            metrics.Host("MemoryUtilization")?.Set(Rounded(100 * (total - available) / total));
        }

        DriveInfo disk = new("/");
        double size = disk.TotalSize / BytesPerGigabyte;
        double free = disk.AvailableFreeSpace / BytesPerGigabyte;
        metrics.Host("DiskAvailable")?.Set(free);
        metrics.Host("DiskUsage")?.Set(size - (disk.TotalFreeSpace / BytesPerGigabyte));
        if (size > 0)
            metrics.Host("DiskUtilization")?.Set(Rounded(100 * (size - free) / size));
    }

    // The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, in ticks since the start.
    private static (long Busy, long All) ReadProcessors()
    {
        using StreamReader stat = File.OpenText("/proc/stat");
        long[] ticks = [.. (stat.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        long all = ticks.Sum();
        return (all - ticks.Skip(3).Take(2).Sum(), all);
    }

    // Lines such as "MemTotal:  24630000 kB".
    private static Dictionary<string, long> ReadMemory() => File.ReadLines("/proc/meminfo")
        .Select(line => line.Split((char[])[':', ' '], StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length >= 2)
        .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));

    private static double Rounded(double percent) => Math.Round(percent, 1);
}
