using System.Text.Json;

namespace Eisen.Serve.Handlers;

/// <summary>Takes a JSON document apart without copying it: the pieces lie in the document.</summary>
internal static class JsonPieces
{
    /// <summary>Whether bytes can be nothing but a JSON object, list or text: no picture or archive begins so.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => FirstOf(bytes) is (byte)'{' or (byte)'[' or (byte)'"';

    /// <summary>The first byte that is not white space; 0 where there is none.</summary>
    public static byte FirstOf(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes.TrimStart(" \t\r\n"u8);
        return rest.IsEmpty ? (byte)0 : rest[0];
    }

    /// <summary>An object's members with their values' bytes, in order.</summary>
    /// <param name="json">The document.</param>
    /// <param name="most">How many it may have.</param>
    /// <exception cref="BadInputException">It is no JSON, no object, or has more.</exception>
    public static List<(string Name, ReadOnlyMemory<byte> Value)> Members(ReadOnlyMemory<byte> json, int most) => Read(json, reader =>
    {
        List<(string, ReadOnlyMemory<byte>)> members = [];
        Utf8JsonReader at = reader.Start(JsonTokenType.StartObject, "an object");
        while (at.Read() && at.TokenType == JsonTokenType.PropertyName)
        {
            if (members.Count == most)
                throw new BadInputException($"a JSON object has more than {most} members");
            string name = at.GetString()!;
            at.Read();
            members.Add((name, reader.Piece(ref at)));
        }

        Document.End(ref at);
        return members;
    });

    /// <summary>A member's value, the last one's as in Python; null when there is none of this name.</summary>
    public static ReadOnlyMemory<byte>? Find(List<(string Name, ReadOnlyMemory<byte> Value)> members, string name)
    {
        int index = members.FindLastIndex(member => member.Name == name);
        return index < 0 ? (ReadOnlyMemory<byte>?)null : members[index].Value;
    }

    /// <summary>The bytes of a list's items, in order.</summary>
    /// <param name="json">The document.</param>
    /// <param name="most">How many it may have.</param>
    /// <exception cref="BadInputException">It is no JSON, no list, or has more.</exception>
    public static List<ReadOnlyMemory<byte>> Items(ReadOnlyMemory<byte> json, int most) => Read(json, reader =>
    {
        List<ReadOnlyMemory<byte>> items = [];
        Utf8JsonReader at = reader.Start(JsonTokenType.StartArray, "a list");
        while (at.Read() && at.TokenType != JsonTokenType.EndArray)
        {
            if (items.Count == most)
                throw new BadInputException($"a JSON list has more than {most} items");
            items.Add(reader.Piece(ref at));
        }

        Document.End(ref at);
        return items;
    });

    /// <summary>A text; null when the document is something else.</summary>
    /// <exception cref="BadInputException">It is no JSON, or a text that is not valid Unicode.</exception>
    public static string? Text(ReadOnlyMemory<byte> json) => Read(json, reader =>
    {
        Utf8JsonReader at = new(reader.Json.Span);
        at.Read();
        return at.TokenType == JsonTokenType.String ? at.GetString() : null;
    });

    /// <summary>The bytes that a text stands for in base64; null when the document is no text.</summary>
    /// <exception cref="BadInputException">It is no JSON, or the text no base64.</exception>
    public static byte[]? Base64(ReadOnlyMemory<byte> json) => Read(json, reader =>
    {
        Utf8JsonReader at = new(reader.Json.Span);
        at.Read();
        if (at.TokenType != JsonTokenType.String)
            return null;
        return at.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw new BadInputException("the text is not base64; send the bytes as they are, or as base64");
    });

    private static T Read<T>(ReadOnlyMemory<byte> json, Func<Document, T> read)
    {
        try
        {
            return read(new Document(json));
        }
        catch (JsonException mistake)
        {
            throw new BadInputException($"the body is not JSON: {mistake.Message.ReplaceLineEndings(" ")}");
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for a text with half of a surrogate pair, or bytes that are no UTF-8.
            throw new BadInputException("the body's JSON holds text that is not valid Unicode");
        }
    }

    private readonly record struct Document(ReadOnlyMemory<byte> Json)
    {
        public Utf8JsonReader Start(JsonTokenType wanted, string called)
        {
            Utf8JsonReader at = new(Json.Span);
            at.Read();
            return at.TokenType == wanted ? at : throw new BadInputException($"the JSON must be {called} here, not '{Shown()}'");
        }

        public ReadOnlyMemory<byte> Piece(ref Utf8JsonReader at)
        {
            int start = (int)at.TokenStartIndex;
            at.Skip();
            return Json[start..(int)at.BytesConsumed];
        }

        // The reader objects to what follows the document.
        public static void End(ref Utf8JsonReader at)
        {
            while (at.Read())
            {
            }
        }

        private string Shown() => Data.PrintableText.Shortened(System.Text.Encoding.UTF8.GetString(Json.Span[..Math.Min(Json.Length, 40)]), 40);
    }
}
