using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Configuration;

/// <summary>Finds the file or folder that somebody probably meant.</summary>
internal static class NearestPath
{
    /// <summary>A half sentence that names what lies beside a missing path and is called nearly the same, or an empty text.</summary>
    /// <param name="path">The full path of what is not there.</param>
    /// <param name="siblings">Lists a folder: its files, or its folders.</param>
    public static string To(string path, Func<string, IEnumerable<string>> siblings)
    {
        string? parent = Path.GetDirectoryName(path);
        return parent is not null && Directory.Exists(parent)
            ? Nearest.DidYouMean(Path.GetFileName(path), siblings(parent).Select(sibling => Path.GetFileName(sibling)))
            : "";
    }
}
