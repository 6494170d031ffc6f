using System.IO.Compression;
using System.Text;

namespace Eisen.Serve.Archive.Tests;

/// <summary>A temporary folder with archives, and beside them the folder that they are unpacked into.</summary>
internal sealed class ArchiveFolder : IDisposable
{
    public const string Manifest =
        """{"createdOn":"22/11/2026 08:20:24","runtime":"python","model":{"modelName":"digits","modelVersion":"1.0"},"archiverVersion":"0.12.0"}""";

    private readonly string path = Directory.CreateTempSubdirectory("eisen-archive-").FullName;

    public string UnpackFolder => Path.Combine(path, "unpacked");

    public string PathOf(string name) => Path.Combine(path, name);

    public string Write(string name, byte[] content)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public ModelArchive Open(string name, byte[] content, ArchiveLimits? limits = null) =>
        ModelArchive.Open(Write(name, content), UnpackFolder, limits);

    /// <summary>Opens an archive that must be refused, and gives back the message.</summary>
    public string Refusal(string name, byte[] content, ArchiveLimits? limits = null)
    {
        ArchiveException refusal = Should.Throw<ArchiveException>(() => Open(name, content, limits).Dispose());
        ShouldHoldNothing();
        refusal.Message.ShouldStartWith(name + ": ");
        refusal.Message.ShouldNotContain("\n");
        refusal.Message.ShouldNotContain(path);
        return refusal.Message;
    }

    public string RefusalOfManifest(string json) => Refusal("model.mar", Zip(("MAR-INF/MANIFEST.json", json)));

    /// <summary>The whole temporary folder has archives only: nothing was unpacked inside or outside.</summary>
    public void ShouldHoldNothing()
    {
        if (Directory.Exists(UnpackFolder))
            Directory.EnumerateFileSystemEntries(UnpackFolder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Directory.EnumerateFiles(path, "evil*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    public static byte[] Zip(params (string Name, string Content)[] entries)
    {
        MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string content) in entries)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return stream.ToArray();
    }

    public static byte[] ZipWith(params (string Name, string Content)[] entries) =>
        Zip([("MAR-INF/MANIFEST.json", Manifest), .. entries]);

    public void Dispose() => Directory.Delete(path, recursive: true);
}
