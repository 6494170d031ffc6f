using System.Runtime.InteropServices;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>What a run ran on.</summary>
/// <param name="Processor">Its name.</param>
/// <param name="PhysicalCores">How many cores this process may use.</param>
/// <param name="System">The operating system.</param>
/// <param name="Runtime">The .NET runtime.</param>
internal sealed record Machine(string Processor, int PhysicalCores, string System, string Runtime)
{
    /// <summary>This one.</summary>
    public static Machine Current { get; } = new(
        FindProcessor(),
        CountCores(),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string FindProcessor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    // As the server counts them, which divides them among its lanes.
    private static int CountCores()
    {
        int cores = Directory.EnumerateDirectories("/sys/devices/system/cpu", "cpu*")
            .Select(cpu => Path.Combine(cpu, "topology", "thread_siblings_list"))
            .Where(File.Exists)
            .Select(File.ReadAllText)
            .Distinct()
            .Count();
        return Math.Clamp(cores, 1, Environment.ProcessorCount);
    }
}
