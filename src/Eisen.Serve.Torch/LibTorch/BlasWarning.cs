namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// Whether libtorch got a BLAS, the library that multiplies matrices, that makes models slow. Which one it gets is decided
/// when it is loaded; a libtorch with Intel's MKL inside needs none.
/// </summary>
internal static class BlasWarning
{
    private const string MapsFile = "/proc/self/maps";

    /// <summary>The warning for this process, or null.</summary>
    public static string? ForThisProcess() => File.Exists(MapsFile) ? For(MappedPaths(File.ReadLines(MapsFile))) : null;

    /// <summary>The files that the lines of a <c>/proc/PID/maps</c> name, each once. The kernel has resolved their links.</summary>
    public static IEnumerable<string> MappedPaths(IEnumerable<string> mapsLines) =>
        mapsLines.Select(line => line.IndexOf('/') is int start and >= 0 ? line[start..] : "").Where(path => path.Length > 0).Distinct();

    /// <summary>What to say of the BLAS among the libraries that a process has mapped; null when there is nothing to say.</summary>
    public static string? For(IEnumerable<string> mappedPaths)
    {
        string[] paths = [.. mappedPaths];
        string? ownThreads = paths.FirstOrDefault(path => IsNamed(path, "libopenblas") && FolderName(path) == "openblas-pthread");
        if (ownThreads is not null)
        {
            return $"libtorch multiplies matrices with the OpenBLAS that has threads of its own ({ownThreads}): it takes all cores, whatever "
                + "number of threads a worker is given, so that workers slow each other down. Install libopenblas0-openmp, and build the "
                + "server again.";
        }

        // Every other BLAS that takes Debian's name for it lies in a folder with its own.
        string? reference = paths.FirstOrDefault(path => IsNamed(path, "libblas.so") && !IsOptimized(FolderName(path)));
        if (reference is not null)
        {
            return $"libtorch multiplies matrices with the reference BLAS ({reference}), which is many times slower than others: a "
                + "transformer encoder of two layers took 195 ms with it and 8.6 ms with OpenBLAS, on one core. Install "
                + "libopenblas0-openmp, and start the server again.";
        }

        return null;
    }

    private static bool IsNamed(string path, string name) => Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal);

    private static bool IsOptimized(string folder) =>
        new[] { "openblas", "blis", "atlas", "mkl" }.Any(name => folder.StartsWith(name, StringComparison.Ordinal));

    private static string FolderName(string path) => Path.GetFileName(Path.GetDirectoryName(path)) ?? "";
}
