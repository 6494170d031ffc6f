using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>The folder in which an archive's <c>MAR-INF</c> lies, and the only way to files in it.</summary>
internal sealed class ArchiveRoot
{
    // More links than this in one path are a circle; Linux draws the line at the same number.
    private const int MostLinks = 40;

    private readonly ArchiveSource source;
    private readonly string real;

    public ArchiveRoot(ArchiveSource source, string folder)
    {
        this.source = source;
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        real = Resolve(Folder) ?? throw source.Fault("the folder lies behind a circle of links.");
        if (!File.Exists(Path.Combine(real, ManifestReader.FileName)))
            throw source.Fault($"not a MAR archive: {ManifestReader.FileName} is missing.");
    }

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>
    /// The root below a folder that an archive was unpacked into: that folder, or the only folder in it. What
    /// macOS leaves in archives does not count.
    /// </summary>
    public static string Find(string unpacked)
    {
        if (File.Exists(Path.Combine(unpacked, ManifestReader.FileName)))
            return unpacked;

        string? only = null;
        foreach (string entry in Directory.EnumerateFileSystemEntries(unpacked))
        {
            string name = Path.GetFileName(entry);
            if (name is "__MACOSX" or ".DS_Store" || name.StartsWith("._", StringComparison.Ordinal))
                continue;
            if (only is not null || !Directory.Exists(entry))
                return unpacked;
            only = entry;
        }

        return only ?? unpacked;
    }

    /// <summary>The full path of a file or folder.</summary>
    /// <exception cref="ArchiveException">There is none, or the path leaves the root.</exception>
    public string PathOf(string name)
    {
        return FaultIn(name, out string path) is { } fault
            ? throw source.Fault($"{PrintableText.Quoted(name)} {fault}.")
            : path;
    }

    /// <summary>The full path of a file.</summary>
    /// <param name="name">Its path below the root.</param>
    /// <param name="role">What a message calls it, with a space at the end.</param>
    /// <exception cref="ArchiveException">There is none, it is a folder, or the path leaves the root.</exception>
    public string FileAt(string name, string role = "")
    {
        string? fault = FaultIn(name, out string path);
        if (fault is null && Directory.Exists(path))
            fault = "is a folder, not a file";
        return fault is null ? path : throw source.Fault($"{role}{PrintableText.Quoted(name)} {fault}.");
    }

    private string? FaultIn(string name, out string path)
    {
        path = "";
        if (name.Length == 0 || name.AsSpan().ContainsAny('\0', '\\') || Path.IsPathRooted(name))
            return "leaves the archive";
        foreach (Range component in name.AsSpan().Split('/'))
        {
            if (name.AsSpan()[component] is "..")
                return "leaves the archive";
        }

        path = Path.GetFullPath(Path.Combine(Folder, name));
        if (Resolve(path) is not { } real)
            return "is a circle of links";
        if (real != this.real && !real.StartsWith(this.real + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return "leaves the archive through a link";
        return File.Exists(real) || Directory.Exists(real) ? null : "is not in the archive";
    }

    // The path without links in it, also where it does not exist; null if the links go in a circle.
    private static string? Resolve(string path)
    {
        string current = Path.GetPathRoot(path)!;
        Stack<string> pending = new();
        Push(pending, path);
        int links = 0;
        while (pending.TryPop(out string? component))
        {
            if (component == "..")
            {
                current = Path.GetDirectoryName(current) ?? current;
                continue;
            }

            string next = Path.Combine(current, component);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            if (++links > MostLinks)
                return null;
            if (Path.IsPathRooted(target))
                current = Path.GetPathRoot(target)!;
            Push(pending, target);
        }

        return current;
    }

    private static void Push(Stack<string> pending, string path)
    {
        string relative = path[Path.GetPathRoot(path)!.Length..];
        string[] components = relative.Split(
            [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        foreach (string component in components.Reverse())
        {
            if (component != ".")
                pending.Push(component);
        }
    }
}
