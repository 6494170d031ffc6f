using System.Globalization;
using System.Text.RegularExpressions;

namespace Eisen.Serve.Configuration;

/// <summary>The folder with the snapshots, <c>config</c> in the log folder, as TorchServe has it.</summary>
internal sealed partial class SnapshotFolder
{
    private readonly string folder;

    private SnapshotFolder(string folder) => this.folder = folder;

    /// <summary>The path.</summary>
    public string FullName => folder;

    /// <summary>The newest snapshot's path; null when there is none.</summary>
    public string? Last => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder).Where(file => NameForm().IsMatch(Path.GetFileName(file))).Max(StringComparer.Ordinal)
        : null;

    /// <summary>The folder in the place that the environment names.</summary>
    public static SnapshotFolder Open() => new(Path.Combine(LogFolders.Log, "config"));

    /// <summary>A snapshot's name: they sort by time.</summary>
    public static string NameAt(DateTimeOffset time, string reason) => $"{time.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture)}-{reason}.cfg";

    [GeneratedRegex(@"^[0-9]{17}-(startup|snapshot|shutdown)\.cfg\z")]
    private static partial Regex NameForm();
}
