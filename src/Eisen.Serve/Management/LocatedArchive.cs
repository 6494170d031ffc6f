namespace Eisen.Serve.Management;

/// <summary>An archive that is ready to be opened. Disposing it deletes what was fetched for it.</summary>
/// <param name="path">Where it lies.</param>
/// <param name="fetched">What was fetched; null when it was there.</param>
internal sealed class LocatedArchive(string path, IDisposable? fetched) : IDisposable
{
    /// <summary>The full path of the archive.</summary>
    public string Path => path;

    public void Dispose() => fetched?.Dispose();
}
