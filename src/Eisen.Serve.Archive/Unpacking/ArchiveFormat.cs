namespace Eisen.Serve.Archive;

/// <summary>How an archive's file is packed. Its first bytes decide, not its extension.</summary>
internal static class ArchiveFormat
{
    /// <summary>Whether the file is a zip; if not, it is a gzip'd tar.</summary>
    /// <exception cref="ArchiveException">It is neither.</exception>
    public static bool IsZip(ArchiveSource source, FileStream file)
    {
        if (file.Length == 0)
            throw source.Fault("the file is empty.");

        Span<byte> start = stackalloc byte[4];
        int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        start = start[..length];

        // "PK\5\6" is how a zip without entries begins.
        if (start.SequenceEqual("PK\x3\x4"u8) || start.SequenceEqual("PK\x5\x6"u8))
            return true;
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return false;

        if (start.StartsWith("PK"u8))
            throw source.Fault("not a zip archive: its first four bytes are not a zip's; the file may be damaged.");
        throw source.Fault("not a MAR archive: it is neither a zip, a gzip'd tar nor a folder.");
    }
}
