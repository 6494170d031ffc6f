using System.Buffers.Text;
using System.Text;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Inference;

/// <summary>Takes a body of the type <c>application/x-www-form-urlencoded</c> apart.</summary>
internal static class FormBody
{
    public const string ContentType = "application/x-www-form-urlencoded";

    /// <summary>The body's fields, in their order; of those with equal names, each.</summary>
    /// <param name="form">The body's bytes.</param>
    /// <param name="body">Gets the memory that decoded values take.</param>
    /// <param name="maxFields">The most fields.</param>
    /// <exception cref="BadHttpRequestException">It has more fields, or a percent sign without two hexadecimal digits.</exception>
    public static IReadOnlyList<RequestPart> Read(ReadOnlyMemory<byte> form, ReceivedBody body, int maxFields)
    {
        List<RequestPart> fields = [];
        while (form.Length > 0)
        {
            int end = form.Span.IndexOf((byte)'&');
            ReadOnlySpan<byte> field = end < 0 ? form.Span : form.Span[..end];
            form = end < 0 ? default : form[(end + 1)..];
            if (field.IsEmpty)
                continue;
            if (fields.Count == maxFields)
                throw new BadHttpRequestException($"A form has at most {maxFields} fields.");

            int equals = field.IndexOf((byte)'=');
            ReadOnlySpan<byte> name = equals < 0 ? field : field[..equals];
            ReadOnlySpan<byte> value = equals < 0 ? default : field[(equals + 1)..];
            fields.Add(new RequestPart(Encoding.UTF8.GetString(Decode(name, body).Span), null, Decode(value, body)));
        }

        return fields;
    }

    private static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> text, ReceivedBody body)
    {
        NativeBuffer decoded = body.NewBuffer(text.Length);
        while (text.Length > 0)
        {
            int plain = text.IndexOfAny((byte)'+', (byte)'%');
            body.Append(decoded, plain < 0 ? text : text[..plain]);
            if (plain < 0)
                break;
            text = text[plain..];
            if (text[0] == '+')
            {
                body.Append(decoded, " "u8);
                text = text[1..];
                continue;
            }

            if (text.Length < 3 || !Utf8Parser.TryParse(text.Slice(1, 2), out byte one, out int read, 'X') || read != 2)
                throw new BadHttpRequestException("A form's percent sign needs two hexadecimal digits behind it.");
            body.Append(decoded, [one]);
            text = text[3..];
        }

        return decoded.Written;
    }
}
