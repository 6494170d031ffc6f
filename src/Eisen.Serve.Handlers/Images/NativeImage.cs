using System.Runtime.InteropServices;
using System.Text;

namespace Eisen.Serve.Handlers.Images;

/// <summary>The functions of <c>native/eisen_image.h</c>, with their messages turned into exceptions.</summary>
internal static unsafe partial class NativeImage
{
    private const string Library = "eisen_image";

    // libjpeg's longest message is 200 bytes, libpng's 196.
    private const int MessageLength = 256;

    public static (int Width, int Height, int Channels) ReadHeader(ReadOnlySpan<byte> encoded)
    {
        byte* message = stackalloc byte[MessageLength];
        Header header;
        fixed (byte* bytes = encoded)
        {
            if (eisen_image_read_header(bytes, (nuint)encoded.Length, &header, message, MessageLength) != 0)
                throw Failure(message);
        }

        return (header.Width, header.Height, header.Channels);
    }

    public static void Decode(ReadOnlySpan<byte> encoded, int channels, Span<byte> pixels)
    {
        byte* message = stackalloc byte[MessageLength];
        fixed (byte* bytes = encoded)
        fixed (byte* target = pixels)
        {
            if (eisen_image_decode(bytes, (nuint)encoded.Length, channels, target, (nuint)pixels.Length, message, MessageLength) != 0)
                throw Failure(message);
        }
    }

    /// <summary>The most bytes that a picture's PNG takes.</summary>
    public static long PngBound(int width, int height, int channels) => (long)eisen_image_png_bound(width, height, channels);

    /// <returns>How many bytes the PNG has.</returns>
    public static int EncodePng(ReadOnlySpan<byte> pixels, int width, int height, int channels, Span<byte> encoded)
    {
        byte* message = stackalloc byte[MessageLength];
        nuint length = (nuint)encoded.Length;
        fixed (byte* source = pixels)
        fixed (byte* target = encoded)
        {
            if (eisen_image_encode_png(source, width, height, channels, target, &length, message, MessageLength) != 0)
                throw new PictureException($"the picture cannot be encoded: {TextOf(message)}");
        }

        return (int)length;
    }

    private static PictureException Failure(byte* message) => new($"the picture cannot be decoded: {TextOf(message)}");

    private static string TextOf(byte* message) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(message));

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int eisen_image_read_header(byte* bytes, nuint length, Header* header, byte* message, nuint messageLength);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int eisen_image_decode(byte* bytes, nuint length, int channels, byte* pixels, nuint pixelsLength, byte* message, nuint messageLength);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial nuint eisen_image_png_bound(int width, int height, int channels);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int eisen_image_encode_png(byte* pixels, int width, int height, int channels, byte* bytes, nuint* length, byte* message, nuint messageLength);

    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public int Width;
        public int Height;
        public int Channels;
    }
}
