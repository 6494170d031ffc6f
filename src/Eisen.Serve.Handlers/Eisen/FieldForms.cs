using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Finds out which form a request has, and which one its answer is to have.</summary>
internal static class FieldForms
{
    public const string JsonMediaType = "application/json";
    public const string RawMediaType = "application/octet-stream";

    /// <summary>The form that a media type names; null for one that names none, or for any bytes.</summary>
    public static FieldForm? OfMediaType(string? type)
    {
        ReadOnlySpan<char> name = type;
        int end = name.IndexOf(';');
        name = (end < 0 ? name : name[..end]).Trim();
        Span<char> lower = stackalloc char[40];
        if (name.Length > lower.Length)
            return null;
        return lower[..name.ToLowerInvariant(lower)] switch
        {
            EisenMessagePack.MediaType or "application/x-msgpack" or "application/vnd.msgpack" => FieldForm.MessagePack,
            JsonMediaType => FieldForm.Json,
            NpyFile.MediaType or "application/npy" => FieldForm.Npy,
            NpzFile.MediaType or "application/npz" => FieldForm.Npz,
            _ => null,
        };
    }

    /// <summary>The form that bytes have. None of the others begins as a message with a map does.</summary>
    public static FieldForm Of(ReadOnlySpan<byte> bytes)
    {
        if (NpyFile.Begins(bytes))
            return FieldForm.Npy;
        if (NpzFile.Begins(bytes))
            return FieldForm.Npz;
        if (IsNifti(bytes))
            return FieldForm.Raw;
        ReadOnlySpan<byte> text = bytes.TrimStart(" \t\r\n"u8);
        return !text.IsEmpty && text[0] == (byte)'{' ? FieldForm.Json : FieldForm.MessagePack;
    }

    /// <summary>Whether bytes begin as an array in JSON does; no file of an array or a picture does.</summary>
    public static bool LooksLikeJson(ReadOnlySpan<byte> bytes) => bytes.TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..];

    /// <summary>The media type of a form.</summary>
    public static string MediaTypeOf(FieldForm form) => form switch
    {
        FieldForm.Json => JsonMediaType,
        FieldForm.Npy => NpyFile.MediaType,
        FieldForm.Npz => NpzFile.MediaType,
        FieldForm.Raw => RawMediaType,
        _ => EisenMessagePack.MediaType,
    };

    /// <summary>The form that a client wants for its answer: the one that it likes best among those that it accepts.</summary>
    /// <returns>Null when it accepts anything, or nothing that there is.</returns>
    public static FieldForm? Accepted(string? accept) => accept == "*/*" ? null : AcceptedTypes.Best<FieldForm?>(accept, static type =>
    {
        FieldForm? form = string.Equals(type, RawMediaType, StringComparison.OrdinalIgnoreCase) ? FieldForm.Raw : OfMediaType(type);
        return (form is not null || type == "*/*", form);
    });

    // The first four bytes of NIfTI-1 are the header's length, 348, in either byte order; a compressed one begins as gzip does.
    private static bool IsNifti(ReadOnlySpan<byte> bytes) =>
        bytes is [0x1f, 0x8b, ..] or [0x5c, 0x01, 0x00, 0x00, ..] or [0x00, 0x00, 0x01, 0x5c, ..];
}
