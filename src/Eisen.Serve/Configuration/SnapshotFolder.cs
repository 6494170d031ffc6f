using System.Globalization;
using System.Text.RegularExpressions;

namespace Eisen.Serve.Configuration;

/// <summary>A folder with snapshots; <c>config</c> in the log folder, as TorchServe has it.</summary>
internal sealed partial class SnapshotFolder(string folder)
{
    /// <summary>The path.</summary>
    public string FullName => folder;

    /// <summary>The snapshots' paths, the oldest first.</summary>
    public IEnumerable<string> Files => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder).Where(file => NameForm().IsMatch(Path.GetFileName(file))).Order(StringComparer.Ordinal)
        : [];

    /// <summary>The folder in the place that the environment names.</summary>
    public static SnapshotFolder Open() => new(Path.Combine(LogFolders.Log, "config"));

    /// <summary>A snapshot's name: they sort by time.</summary>
    /// <param name="time">When it is made.</param>
    /// <param name="reason"><c>startup</c>, <c>snapshot</c> or <c>shutdown</c>.</param>
    public static string NameAt(DateTimeOffset time, string reason) => $"{time.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture)}-{reason}.cfg";

    [GeneratedRegex(@"^[0-9]{17}-(startup|snapshot|shutdown)\.cfg\z")]
    private static partial Regex NameForm();
}
