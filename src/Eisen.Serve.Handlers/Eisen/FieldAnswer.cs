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
                return WrittenAnswer.Make(fields, JsonFieldWriter.Write, type, FirstCapacity);
            case FieldForm.Npz:
                return WrittenAnswer.Make(fields, static (output, fields) => NpzFile.WriteFields(output, fields, JsonFieldWriter.ToText), type, FirstCapacity);
            case FieldForm.Npy:
                FieldValue.Array array = Only<FieldValue.Array>(fields, "array");
                return WrittenAnswer.Make(array.Elements, NpyFile.Write, type, FirstCapacity + array.Elements.Memory.Length);
            case FieldForm.Raw:
                FieldValue.Bytes bytes = Only<FieldValue.Bytes>(fields, "field of bytes, such as a NIfTI file");
                return WrittenAnswer.Make(bytes.Content, static (output, content) => System.Buffers.BuffersExtensions.Write(output, content.Span), type, bytes.Content.Length);
            default:
                SegmentedBuffer message = new();
                EisenMessagePack.WriteFields(message, fields);
                if (message.Length > Array.MaxLength)
                    throw new UnusableOutputException($"The answer has {message.Length} bytes; {Array.MaxLength} are the most.");
                return WrittenAnswer.Make(message, static (output, message) =>
                {
                    message.CopyTo(output.GetSpan((int)message.Length));
                    output.Advance((int)message.Length);
                }, type, (int)message.Length);
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
