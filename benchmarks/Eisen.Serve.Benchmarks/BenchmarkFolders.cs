namespace Eisen.Serve.Benchmarks;

/// <summary>Where things are.</summary>
internal static class BenchmarkFolders
{
    /// <summary>The largest request, on the server and on the bare host: room for 16 MiB and more.</summary>
    public const int MaxRequestSize = 32 << 20;

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What make_models.py made.</summary>
    public static string Models { get; } = Path.Combine(Root, "artifacts", "benchmarks", "models");

    /// <summary>Where the results go.</summary>
    public static string Results { get; } = Path.Combine(Root, "artifacts", "benchmarks");

    /// <summary>The folder of the built program, which is what runs.</summary>
    public static string Product { get; } = Path.Combine(Root, "artifacts", "bin", "Eisen.Serve", "release");

    /// <summary>The folder that a user would copy: as published, where that was done.</summary>
    public static string Published { get; } =
        new[] { Path.Combine(Root, "artifacts", "publish", "Eisen.Serve", "release"), Product }.First(Directory.Exists);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Eisen.Serve.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The benchmarks run from inside the repository; no Eisen.Serve.sln is above them.");
    }
}
