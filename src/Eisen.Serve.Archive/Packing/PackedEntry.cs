namespace Eisen.Serve.Archive;

/// <summary>A file of a draft, on its way into the archive.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Name">Its path below the archive's root.</param>
/// <param name="Length">Its size in bytes.</param>
internal sealed record PackedEntry(string Path, string Name, long Length)
{
    /// <summary>The files below a folder, sorted by name, so that the same files give the same archive.</summary>
    public static IReadOnlyList<PackedEntry> In(string folder) =>
    [
        .. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => new PackedEntry(file.FullName, System.IO.Path.GetRelativePath(folder, file.FullName).Replace('\\', '/'), file.Length))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal),
    ];
}
