using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Fetching;

namespace Eisen.Serve.Management;

/// <summary>Finds the archive that a registration names: in the model store by its name, or where the operator allows
/// addresses, at one of these.</summary>
internal sealed class ArchiveLocator(ServerSettings settings, AllowedUrls allowed, ArchiveFetcher fetcher)
{
    /// <summary>Finds an archive, and fetches it if it is not on this machine.</summary>
    /// <param name="url">The name of a file in the model store, or an address.</param>
    /// <param name="cancellationToken">Stops the fetching.</param>
    /// <returns>Where it lies, to be disposed when it has been opened; or what to answer instead.</returns>
    public async Task<(LocatedArchive? Archive, TorchServeError? Refusal)> LocateAsync(string url, CancellationToken cancellationToken)
    {
        if (url.Length == 0)
            return NotFound("empty url");
        if (url.Contains("..", StringComparison.Ordinal))
            return NotFound($"Relative path is not allowed in url: {url}");
        if (Uri.TryCreate(url, UriKind.Absolute, out Uri? address) && url.Contains("://", StringComparison.Ordinal) && (address.IsFile || ArchiveFetcher.IsWeb(address)))
            return allowed.Allow(address) ? await AtAsync(address, cancellationToken) : NotFound($"Given URL {url} does not match any allowed URL(s)");
        return InStore(url);
    }

    private (LocatedArchive?, TorchServeError?) InStore(string name)
    {
        if (settings.ModelStore is null)
            return NotFound($"Model not found at: {name}; the server was started without a model store");
        string path = Path.Combine(settings.ModelStore, name);
        return new ModelStore(settings.ModelStore).WhyMissing(new ModelConfig { Url = name, ArchivePath = path }) is null
            ? (new LocatedArchive(path, null), null)
            : NotFound($"Model not found at: {name}");
    }

    private async Task<(LocatedArchive?, TorchServeError?)> AtAsync(Uri address, CancellationToken cancellationToken)
    {
        if (address.IsFile)
            return OnDisk(address);
        try
        {
            FetchedArchive fetched = await fetcher.FetchAsync(address, cancellationToken);
            return (new LocatedArchive(fetched.FilePath, fetched), null);
        }
        catch (FetchException failure)
        {
            return (null, new TorchServeError(StatusCodes.Status400BadRequest, "DownloadArchiveException", $"Failed to download archive from: {address.OriginalString}: {failure.Message}"));
        }
    }

    private static (LocatedArchive?, TorchServeError?) OnDisk(Uri address)
    {
        // Decoded, it may say what the address did not.
        string path = address.LocalPath;
        return address.Host.Length == 0 && !path.Contains("..", StringComparison.Ordinal) && Path.Exists(path)
            ? (new LocatedArchive(path, null), null)
            : NotFound($"Model not found at: {address.OriginalString}");
    }

    private static (LocatedArchive?, TorchServeError?) NotFound(string message) =>
        (null, new TorchServeError(StatusCodes.Status404NotFound, "ModelNotFoundException", message));
}
