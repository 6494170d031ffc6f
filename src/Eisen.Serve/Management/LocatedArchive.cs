namespace Eisen.Serve.Management;

/// <summary>An archive that is ready to be opened. Disposing it deletes what was fetched for it.</summary>
/// <param name="path">Where it lies.</param>
/// <param name="fetched">What was fetched; null when it was there.</param>
internal sealed class LocatedArchive(string path, IDisposable? fetched) : IDisposable
{
    /// <summary>The full path of the archive.</summary>
    public string Path => path;

    /// <summary>Whether it was fetched, and is deleted.</summary>
    public bool IsFetched => fetched is not null;

    public void Dispose() => fetched?.Dispose();
}
