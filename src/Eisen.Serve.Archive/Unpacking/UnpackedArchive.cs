namespace Eisen.Serve.Archive;

/// <summary>An archive's files where they can be read: unpacked, or in the folder that the archive is. What they are
/// worth has not been looked at. Disposing it deletes what was unpacked.</summary>
/// <param name="Folder">The folder in which <c>MAR-INF</c> lies, or should.</param>
/// <param name="Kind">How the archive is stored.</param>
/// <param name="Unpacked">What is deleted at the end; null when the archive is a folder.</param>
internal sealed record UnpackedArchive(string Folder, ArchiveKind Kind, UnpackFolder? Unpacked) : IDisposable
{
    /// <summary>Unpacks an archive, if it is a file.</summary>
    /// <exception cref="ArchiveException">It cannot be read or unpacked. Nothing of it stays on disk.</exception>
    public static UnpackedArchive Open(ArchiveSource source, string unpackFolder, CancellationToken cancellationToken)
    {
        if (Directory.Exists(source.Path))
            return new UnpackedArchive(source.Path, ArchiveKind.Folder, Unpacked: null);

        using FileStream file = source.OpenFile();
        try
        {
            return Unpack(source, file, unpackFolder, cancellationToken);
        }
        catch (IOException failed)
        {
            throw source.Fault("reading it failed.", failed);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Unpacked?.Dispose();

    private static UnpackedArchive Unpack(ArchiveSource source, FileStream file, string unpackFolder, CancellationToken cancellationToken)
    {
        bool isZip = ArchiveFormat.IsZip(source, file);
        UnpackFolder unpacked = UnpackFolder.Create(source, unpackFolder);
        try
        {
            if (isZip)
                ZipUnpacker.Unpack(source, file, unpacked, cancellationToken);
            else
                TarUnpacker.Unpack(source, file, unpacked, cancellationToken);
            return new UnpackedArchive(ArchiveRoot.Find(unpacked.Path), isZip ? ArchiveKind.Zip : ArchiveKind.TarGzip, unpacked);
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }
}
