using System.Text;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Snapshots;

/// <summary>
/// Writes a snapshot of the settings and the models whenever these have changed, before whoever asked for the change is
/// answered: a server that is killed and started again has what its clients were told that it has.
/// </summary>
internal sealed partial class SnapshotWriter(ServerSettings settings, ModelRegistry registry, TimeProvider time, ILogger<SnapshotWriter> logger)
{
    private const int FilesKept = 50;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock writing = new();
    private string lastModels = "";

    /// <summary>Writes what the server started with, and from now on every change; nothing where no snapshots are wanted.</summary>
    public void Begin()
    {
        if (settings.SnapshotFolder is null)
            return;
        Write("startup");
        registry.Changed += WriteChange;
    }

    /// <summary>Writes what there is at the end, before it is unloaded.</summary>
    public void End()
    {
        if (settings.SnapshotFolder is null)
            return;
        registry.Changed -= WriteChange;
        Write("shutdown");
    }

    private void WriteChange() => Write("snapshot");

    private void Write(string reason)
    {
        SnapshotFolder folder = new(settings.SnapshotFolder!);
        lock (writing)
        {
            DateTimeOffset now = time.GetLocalNow();
            string models = SnapshotText.Models(registry.Models);
            if (reason == "snapshot" && models == lastModels)
                return;
            try
            {
                Directory.CreateDirectory(folder.FullName);
                string name = FreeName(folder, now, reason);
                WriteWhole(Path.Combine(folder.FullName, name), SnapshotText.Of(settings, models, registry.Models.Sum(model => model.Versions.Length), name, now));
                foreach (string old in folder.Files.SkipLast(FilesKept).ToArray())
                    File.Delete(old);
                lastModels = models;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                NotWritten(logger, failure, folder.FullName);
            }
        }
    }

    // Two changes in a millisecond, or a clock that was set back, must not put the newer one before the older one.
    private static string FreeName(SnapshotFolder folder, DateTimeOffset time, string reason)
    {
        string last = Path.GetFileName(folder.Files.LastOrDefault()) ?? "";
        string name = SnapshotFolder.NameAt(time, reason);
        while (string.CompareOrdinal(name, 0, last, 0, 17) <= 0)
        {
            // Years ahead is what somebody made by hand; a name after it would only be a guess.
            if (!DateTimeOffset.TryParseExact(last.AsSpan(0, 17), "yyyyMMddHHmmssfff", null, System.Globalization.DateTimeStyles.AssumeLocal, out DateTimeOffset after))
                return name;
            name = SnapshotFolder.NameAt(after.AddMilliseconds(1), reason);
        }

        return name;
    }

    // Whoever reads the folder finds all of it or nothing; it may have the keystore's password.
    private static void WriteWhole(string path, string text)
    {
        string unfinished = path + ".new";
        File.Delete(unfinished);
        using (FileStream stream = new(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
    }

    [LoggerMessage(5101, LogLevel.Error, "A snapshot cannot be written to {Folder}: after a restart the models are those of the one before.")]
    private static partial void NotWritten(ILogger logger, Exception failure, string folder);
}
