using System.Buffers;
using System.Buffers.Text;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers;

/// <summary>
/// A picture in a request, in the forms that TorchServe's handlers of pictures take: a JPEG or PNG file; the same in base64,
/// as text or in JSON; or a list of numbers [channels, height, width], which is a module's input as it stands.
/// </summary>
internal static class PictureRequest
{
    private const int MostMembers = 100;
    private const int MostNesting = 3;

    private static readonly string[] Holders = ["data", "body", "b64"];

    /// <summary>Makes a module's input of the picture.</summary>
    /// <param name="payload">The part that holds it.</param>
    /// <param name="channels">How many channels a list of numbers must have.</param>
    /// <param name="decode">Makes the input of a JPEG or PNG file; may throw <see cref="PictureException"/>.</param>
    /// <returns>float32 [channels, height, width].</returns>
    /// <exception cref="BadInputException">There is no such picture in the request.</exception>
    public static NDArray Decode(RequestPart payload, int channels, Func<ReadOnlyMemory<byte>, NDArray> decode)
    {
        if (payload.Content.IsEmpty)
            throw new BadInputException("the request has no body; send a JPEG or PNG picture");
        try
        {
            if (JsonPieces.Begins(payload.Content.Span))
                return FromJson(payload.Content, channels, decode, MostNesting);
            return payload.ContentType?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) == true
                ? decode(FromBase64(payload.Content.Span))
                : decode(payload.Content);
        }
        catch (PictureException mistake)
        {
            throw new BadInputException(mistake.Message);
        }
    }

    /// <summary>Allocates an array and lets it be filled.</summary>
    public static NDArray Filled(ReadOnlySpan<long> shape, Action<NDArray> fill)
    {
        NDArray array = NDArray.Allocate(DType.Float32, shape);
        try
        {
            fill(array);
            return array;
        }
        catch
        {
            array.Dispose();
            throw;
        }
    }

    private static NDArray FromJson(ReadOnlyMemory<byte> json, int channels, Func<ReadOnlyMemory<byte>, NDArray> decode, int nesting)
    {
        switch (JsonPieces.FirstOf(json.Span))
        {
            case (byte)'"':
                return decode(JsonPieces.Base64(json));
            case (byte)'[':
                return FromNumbers(json, channels);
            case (byte)'{' when nesting > 1:
                List<(string Name, ReadOnlyMemory<byte> Value)> members = JsonPieces.Members(json, MostMembers);
                foreach (string holder in Holders)
                {
                    if (members.FindIndex(member => member.Name == holder) is >= 0 and int index)
                        return FromJson(members[index].Value, channels, decode, nesting - 1);
                }

                break;
        }

        throw new BadInputException("the JSON must be a picture in base64, a list of numbers, or an object that has one of these as 'data', 'body' or 'b64'");
    }

    private static NDArray FromNumbers(ReadOnlyMemory<byte> json, int channels)
    {
        NDArray numbers = JsonArrayReader.Read(json.Span, DType.Float32);
        if (numbers.Shape is [var given, > 0, > 0] && given == channels)
            return numbers;
        string found = $"[{string.Join(", ", numbers.Shape.ToArray())}]";
        numbers.Dispose();
        throw new BadInputException($"a picture as numbers has the shape [{channels}, height, width], not {found}");
    }

    private static byte[] FromBase64(ReadOnlySpan<byte> text)
    {
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Base64.DecodeFromUtf8(text, bytes, out _, out int written) == OperationStatus.Done
            ? bytes[..written]
            : throw new BadInputException("the text is not base64; send the bytes of a JPEG or PNG as they are, or as base64");
    }
}
