using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>Copies files into a draft, under the names and within the limits that readers of the archive will ask for.</summary>
internal sealed class FileGatherer
{
    private static readonly string[] LeftoverFolders = ["__pycache__", "__MACOSX"];

    private readonly ArchiveSource target;
    private readonly string folder;
    private readonly UnpackBudget budget;
    private readonly EntryNames names;
    private readonly Dictionary<string, string> gathered = new(StringComparer.Ordinal);
    private readonly byte[] buffer = new byte[128 << 10];

    public FileGatherer(ArchiveSource target, string folder)
    {
        this.target = target;
        this.folder = folder;
        // What the archive compresses to shows when it is written.
        budget = new UnpackBudget(target, archiveBytes: long.MaxValue);
        names = new EntryNames(target, budget);
    }

    /// <summary>Writes a file of our own.</summary>
    public void CreateFile(string name, Action<Stream> write)
    {
        names.Add(name, isFolder: false);
        using FileStream file = Create(name);
        write(file);
    }

    /// <summary>Copies files, and what is in folders. A file that is named twice goes in once.</summary>
    /// <exception cref="ArchiveException">Files are missing, all of which are named, or one cannot be used.</exception>
    public void CopyAll(IEnumerable<PackedFile> files, CancellationToken cancellationToken)
    {
        PackedFile[] all = [.. files];
        string[] missing = [.. all.Where(file => !Path.Exists(file.Path)).Select(file => PrintableText.Quoted(file.Path)).Distinct()];
        if (missing.Length > 0)
            throw target.Fault($"{string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} not there.");

        foreach (PackedFile file in all)
        {
            if (Directory.Exists(file.Path))
                CopyFolder(file.Path, below: "", cancellationToken);
            else
                Copy(file.Path, file.Name, cancellationToken);
        }
    }

    private void CopyFolder(string path, string below, CancellationToken cancellationToken)
    {
        foreach (FileSystemInfo item in new DirectoryInfo(path).EnumerateFileSystemInfos().OrderBy(item => item.Name, StringComparer.Ordinal))
        {
            string name = below + item.Name;
            // Links to folders may go in a circle; the name's depth is bounded, so that it ends.
            if (!Directory.Exists(item.FullName))
                Copy(item.FullName, name, cancellationToken);
            else if (item.Name[0] != '.' && !LeftoverFolders.Contains(item.Name))
                CopyFolder(item.FullName, CheckedFolder(name) + "/", cancellationToken);
        }
    }

    private string CheckedFolder(string name)
    {
        names.Add(name, isFolder: true);
        return name;
    }

    private void Copy(string path, string name, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(path);
        if (gathered.TryGetValue(name, out string? other))
        {
            if (other == full)
                return;
            throw target.Fault($"{PrintableText.Quoted(other)} and {PrintableText.Quoted(full)} would both be {PrintableText.Quoted(name)} in the archive.");
        }

        names.Add(name, isFolder: false);
        gathered.Add(name, full);
        using FileStream content = Open(path);
        using FileStream copy = Create(name);
        while (content.Read(buffer) is int count and > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            budget.AddBytes(count);
            copy.Write(buffer, 0, count);
        }
    }

    private FileStream Open(string path)
    {
        try
        {
            return RegularFile.TryOpen(path, bufferSize: 0) ?? throw target.Fault($"{PrintableText.Quoted(path)} is a pipe or a device, not a file.");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw target.Fault($"{PrintableText.Quoted(path)} cannot be read: {failed.Message}", failed);
        }
    }

    private FileStream Create(string name)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    }
}
