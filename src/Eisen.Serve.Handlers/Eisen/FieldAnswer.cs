using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Makes an answer of fields.</summary>
internal static class FieldAnswer
{
    private const int FirstCapacity = 1 << 12;
    private const int MostNamesTold = 20;

    /// <summary>Writes fields in a form.</summary>
    /// <param name="fields">The fields; the answer holds copies of them.</param>
    /// <param name="form">The form.</param>
    /// <param name="isAsked">Whether the client asked for it: then it is told what it gets. The original tells nothing.</param>
    /// <exception cref="BadInputException">The form takes one field of a kind, and there is none, or more.</exception>
    public static HandlerAnswer Make(FieldDictionary fields, FieldForm form, bool isAsked)
    {
        string? type = isAsked ? FieldForms.MediaTypeOf(form) : null;
        switch (form)
        {
            case FieldForm.Json:
                return Written(type, FirstCapacity, output => JsonFieldWriter.Write(output, fields));
            case FieldForm.Npz:
                return Written(type, FirstCapacity, output => NpzFile.WriteFields(output, fields, JsonFieldWriter.ToText));
            case FieldForm.Npy:
                FieldValue.Array array = Only<FieldValue.Array>(fields, "array");
                return Written(type, FirstCapacity + array.Elements.Memory.Length, output => NpyFile.Write(output, array.Elements));
            case FieldForm.Raw:
                FieldValue.Bytes bytes = Only<FieldValue.Bytes>(fields, "field of bytes, such as a NIfTI file");
                return Written(type, bytes.Content.Length, output => System.Buffers.BuffersExtensions.Write(output, bytes.Content.Span));
            default:
                SegmentedBuffer message = new();
                EisenMessagePack.WriteFields(message, fields);
                if (message.Length > Array.MaxLength)
                    throw new UnusableOutputException($"The answer has {message.Length} bytes; {Array.MaxLength} are the most.");
                return Written(type, (int)message.Length, output =>
                {
                    message.CopyTo(output.GetSpan((int)message.Length));
                    output.Advance((int)message.Length);
                });
        }
    }

    private static HandlerAnswer Written(string? type, int capacity, Action<NativeBuffer> write)
    {
        NativeBuffer output = new(capacity);
        try
        {
            write(output);
            return HandlerAnswer.Success(output.Written, type, output);
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    private static T Only<T>(FieldDictionary fields, string what)
        where T : FieldValue
    {
        T[] ofKind = [.. fields.Fields.Select(field => field.Value).OfType<T>()];
        return ofKind.Length == 1
            ? ofKind[0]
            : throw new BadInputException($"the Accept header asks for the answer's one {what}, but it has {ofKind.Length} among {string.Join(", ", fields.Names.Take(MostNamesTold).Select(PrintableText.Quoted))}; ask for {EisenMessagePack.MediaType}, {FieldForms.JsonMediaType} or {NpzFile.MediaType}");
    }
}
