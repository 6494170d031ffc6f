namespace Eisen.Serve.Fetching;

/// <summary>A file that was fetched, in a folder of its own. Disposing it deletes both.</summary>
internal sealed class FetchedArchive : IDisposable
{
    private readonly string folder;

    /// <summary>Makes the folder, and a path for the file.</summary>
    /// <param name="parent">The folder that belongs to this process; what is left there is swept at the next start.</param>
    public FetchedArchive(string parent)
    {
        folder = Path.Combine(parent, $"mar-fetched-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The file.</summary>
    public string FilePath => Path.Combine(folder, "archive.mar");

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
