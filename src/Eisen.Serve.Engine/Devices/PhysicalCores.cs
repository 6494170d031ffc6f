namespace Eisen.Serve.Engine;

/// <summary>
/// How many physical cores this process may use. Arithmetic gains nothing from the second hardware thread of a core, so
/// that these, not the logical processors, are what lanes share.
/// </summary>
internal static class PhysicalCores
{
    private const string Topology = "/sys/devices/system/cpu";

    /// <summary>At least 1, and never more than the processors that the process was given.</summary>
    public static int Count { get; } = Math.Clamp(CountCores(), 1, Environment.ProcessorCount);

    private static int CountCores()
    {
        try
        {
            // Hardware threads of one core have the same list of siblings.
            return Directory.EnumerateDirectories(Topology, "cpu*")
                .Select(cpu => Path.Combine(cpu, "topology", "thread_siblings_list"))
                .Where(File.Exists)
                .Select(File.ReadAllText)
                .Distinct()
                .Count();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or a sandbox that hides the topology: the processors are the best that is known.
            return Environment.ProcessorCount;
        }
    }
}
