using System.Text.Json;
using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Background;

/// <summary>
/// A user's folder for the running server: a lock that the server holds as long as it lives, its record, and the
/// archives that it unpacked. The lock is the operating system's, so that it goes with the process however that ends.
/// </summary>
internal sealed class RunFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // errno.h: what .NET reports when another process holds the lock.
    private const int WouldBlock = 11;

    private const string Remedy = "set EISEN_SERVE_RUN_DIR to a folder of your own";

    private readonly string folder;

    private RunFolder(string folder) => this.folder = folder;

    /// <summary>Where archives are unpacked.</summary>
    public string UnpackFolder => Path.Combine(folder, "models");

    private string LockFile => Path.Combine(folder, "server.lock");

    private string RecordFile => Path.Combine(folder, "server.json");

    /// <summary>
    /// The folder that <c>EISEN_SERVE_RUN_DIR</c> names; otherwise the user's own for such things, or one beside other
    /// temporary files.
    /// </summary>
    /// <exception cref="UserMistakeException">Another user owns it or may write to it, or it cannot be made.</exception>
    public static RunFolder Open()
    {
        string path = Place();
        try
        {
            DirectoryInfo info = Directory.CreateDirectory(path, OwnerOnly);
            // Root can use every folder; but who owns this one could put another record or archive into it.
            if (Posix.OwnerOf(path) != Posix.CurrentUser)
                throw new UserMistakeException($"the run folder {path} belongs to another user; {Remedy}");
            // A new mode for a folder that was there already would be wrong: it might be /tmp.
            if (info.LinkTarget is not null || (info.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
                throw new UserMistakeException($"the run folder {path} is a link, or others may write to it; {Remedy}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"the run folder {path} cannot be used ({failure.Message}); {Remedy}");
        }

        return new RunFolder(path);
    }

    /// <summary>The same for who only asks: null when it is not there, and thus no server runs.</summary>
    /// <exception cref="UserMistakeException">Another user owns it or may write to it, or it cannot be looked at.</exception>
    public static RunFolder? Find() => IsMissing(Place()) ? null : Open();

    /// <summary>Takes the lock for this process, or returns null when a server holds it.</summary>
    /// <exception cref="UserMistakeException">The folder is somebody else's.</exception>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"the run folder {folder} cannot be used ({failure.Message}); {Remedy}");
        }
    }

    /// <summary>Deletes what servers that ended uncleanly left behind. Only the holder of the lock may call it.</summary>
    /// <returns>What could not be deleted, and why: a warning each.</returns>
    public IReadOnlyList<string> Sweep()
    {
        List<string> left = [];
        Directory.CreateDirectory(UnpackFolder, OwnerOnly);
        // Nothing else: EISEN_SERVE_RUN_DIR may name a folder in which somebody keeps models of their own.
        foreach (string unpacked in Directory.EnumerateDirectories(UnpackFolder, "mar-*"))
        {
            try
            {
                Delete(unpacked);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // .NET loses a path that is longer than the system's calls take, and complains of an empty one.
                string reason = failure is ArgumentException ? "something in it is too deep" : failure.Message.TrimEnd('.');
                left.Add($"the folder {unpacked} cannot be deleted: {reason}");
            }
        }

        return left;
    }

    /// <summary>Reads the record of the server that runs, or ran last; null when there is none.</summary>
    public ServerRecord? ReadRecord()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(RecordFile), BackgroundJson.Default.ServerRecord);
        }
        catch (Exception failure) when (failure is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the record so that a reader finds the old one or the new one, never half of it.</summary>
    public void WriteRecord(ServerRecord record)
    {
        string unfinished = RecordFile + ".new";
        File.WriteAllBytes(unfinished, JsonSerializer.SerializeToUtf8Bytes(record, BackgroundJson.Default.ServerRecord));
        File.Move(unfinished, RecordFile, overwrite: true);
    }

    private static string Place() =>
        Environment.GetEnvironmentVariable("EISEN_SERVE_RUN_DIR") is { Length: > 0 } named ? Path.GetFullPath(named)
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime ? Path.Combine(runtime, "eisen-serve")
        : Environment.IsPrivilegedProcess ? "/run/eisen-serve"
        : Path.Combine(Path.GetTempPath(), $"eisen-serve-{Environment.UserName}");

    // Path.Exists is false for what cannot be looked at, too.
    private static bool IsMissing(string path)
    {
        try
        {
            File.GetAttributes(path);
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return failure is FileNotFoundException or DirectoryNotFoundException;
        }
    }

    private static void Delete(string unpacked)
    {
        try
        {
            Directory.Delete(unpacked, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A handler may have taken away what even the owner needs.
            Reopen(unpacked);
            Directory.Delete(unpacked, recursive: true);
        }
    }

    private static void Reopen(string root)
    {
        Stack<string> folders = new([root]);
        while (folders.TryPop(out string? opened))
        {
            File.SetUnixFileMode(opened, OwnerOnly);
            foreach (DirectoryInfo inner in new DirectoryInfo(opened).EnumerateDirectories())
            {
                // Where a link leads is somebody else's.
                if (inner.LinkTarget is null)
                    folders.Push(inner.FullName);
            }
        }
    }
}
