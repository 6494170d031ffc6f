using System.Buffers;
using System.Text.Json;

namespace Eisen.Serve.Handlers.Envelopes;

/// <summary>Writes JSON that exists already again, in the form of Python's <c>json.dumps</c>; numbers keep their spelling.</summary>
internal static class PythonJson
{
    /// <summary>Appends a document on one line, with a space after each comma and colon.</summary>
    public static void AppendOnOneLine(IBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        bool isFirst = true;
        bool follows = false;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                output.Write(reader.TokenType == JsonTokenType.EndArray ? "]"u8 : "}"u8);
                isFirst = false;
                continue;
            }

            if (!isFirst && !follows)
                output.Write(", "u8);
            output.Write(json[(int)reader.TokenStartIndex..EndOf(in reader)]);
            follows = reader.TokenType == JsonTokenType.PropertyName;
            if (follows)
                output.Write(": "u8);
            isFirst = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
        }
    }

    /// <summary>Writes a document as a value of another one, in that one's form.</summary>
    /// <param name="writer">The other one.</param>
    /// <param name="json">The document.</param>
    /// <param name="isItem">Whether it stands in a list, where each item has a line.</param>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> json, bool isItem)
    {
        Utf8JsonReader reader = new(json);
        int outer = writer.CurrentDepth;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: writer.WriteStartObject(); break;
                case JsonTokenType.EndObject: writer.WriteEndObject(); break;
                case JsonTokenType.StartArray: writer.WriteStartArray(); break;
                case JsonTokenType.EndArray: writer.WriteEndArray(); break;
                case JsonTokenType.PropertyName: writer.WritePropertyName(reader.GetString()!); break;
                case JsonTokenType.String: writer.WriteStringValue(reader.GetString()); break;
                case JsonTokenType.True or JsonTokenType.False: writer.WriteBooleanValue(reader.TokenType == JsonTokenType.True); break;
                case JsonTokenType.Null: writer.WriteNullValue(); break;
                case JsonTokenType.Number: JsonValueWriter.WriteRaw(writer, reader.ValueSpan, writer.CurrentDepth == outer ? isItem : IsInList(ref reader, json)); break;
            }
        }
    }

    // The reader does not tell; what stands before a member's value is its name's colon.
    private static bool IsInList(ref Utf8JsonReader reader, ReadOnlySpan<byte> json) =>
        !json[..(int)reader.TokenStartIndex].TrimEnd(" \t\r\n"u8).EndsWith(":"u8);

    // Of a name, the reader has consumed the colon, too.
    private static int EndOf(in Utf8JsonReader reader) =>
        (int)reader.TokenStartIndex + reader.ValueSpan.Length + (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String ? 2 : 0);
}
