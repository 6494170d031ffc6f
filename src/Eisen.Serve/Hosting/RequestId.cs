namespace Eisen.Serve.Hosting;

/// <summary>Names requests with random UUIDs (version 4), as TorchServe does.</summary>
internal static class RequestId
{
    private const int VersionByte = 7; // in .NET's byte order
    private const int VariantByte = 8;

    /// <summary>A new id. It tells requests apart and protects nothing, so that it need not cost a system call, as
    /// <see cref="Guid.NewGuid"/> does.</summary>
    public static string Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        bytes[VersionByte] = (byte)((bytes[VersionByte] & 0x0F) | 0x40);
        bytes[VariantByte] = (byte)((bytes[VariantByte] & 0x3F) | 0x80);
        return new Guid(bytes).ToString();
    }
}
