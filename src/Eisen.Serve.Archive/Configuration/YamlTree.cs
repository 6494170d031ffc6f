using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Data;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Eisen.Serve.Archive;

/// <summary>
/// Reads YAML as JSON. It walks the parser's events and not the deserializer, which goes as deep and grows as
/// wide as the text asks: what repeats by reference (anchors), names a type (tags) or nests too deep is refused.
/// </summary>
internal sealed class YamlTree
{
    private const int MostDepth = 32;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IParser parser;
    private readonly Utf8JsonWriter json;

    private YamlTree(IParser parser, Utf8JsonWriter json)
    {
        this.parser = parser;
        this.json = json;
    }

    /// <summary>Reads one document. Null for a document that is empty or null.</summary>
    /// <exception cref="InvalidDataException">It is not YAML, or has something that is refused; the message says what.</exception>
    public static JsonNode? Read(ReadOnlyMemory<byte> yaml)
    {
        ArrayBufferWriter<byte> json = new();
        using Utf8JsonWriter writer = new(json);
        Parser parser = new(new StringReader(Decode(yaml.Span)));
        try
        {
            new YamlTree(parser, writer).WriteDocument();
        }
        catch (YamlException notYaml)
        {
            throw new InvalidDataException($"line {notYaml.Start.Line}: {notYaml.Message}", notYaml);
        }
        catch (Exception notYaml) when (notYaml is ArgumentException or InvalidOperationException or OverflowException or FormatException)
        {
            // What the parser throws for some escapes that are out of range, and for some wrong indentation.
            throw new InvalidDataException($"it is not valid YAML from line {parser.Current?.End.Line ?? 1} on.", notYaml);
        }

        writer.Flush();
        return json.WrittenCount == 0 ? null : JsonNode.Parse(json.WrittenSpan);
    }

    private static string Decode(ReadOnlySpan<byte> yaml)
    {
        try
        {
            return StrictUtf8.GetString(yaml);
        }
        catch (DecoderFallbackException notUtf8)
        {
            throw new InvalidDataException("it is not UTF-8 text.", notUtf8);
        }
    }

    private void WriteDocument()
    {
        Next();
        if (Next() is StreamEnd)
            return;

        WriteNode(Next(), depth: 1);
        Next();
        if (Next() is DocumentStart second)
            throw Refused(second, "more than one document is not supported");
    }

    private void WriteNode(ParsingEvent node, int depth)
    {
        CheckNode(node);
        if (depth > MostDepth)
            throw Refused(node, $"more than {MostDepth} levels are not allowed");

        switch (node)
        {
            case MappingStart:
                WriteMap(depth);
                break;
            case SequenceStart:
                json.WriteStartArray();
                for (ParsingEvent item = Next(); item is not SequenceEnd; item = Next())
                    WriteNode(item, depth + 1);
                json.WriteEndArray();
                break;
            case Scalar { IsQuotedImplicit: true } quoted:
                json.WriteStringValue(Text(quoted));
                break;
            case Scalar plain:
                WritePlain(plain);
                break;
            default:
                throw Refused(node, "a value is missing");
        }
    }

    private void WriteMap(int depth)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        json.WriteStartObject();
        for (ParsingEvent key = Next(); key is not MappingEnd; key = Next())
        {
            CheckNode(key);
            if (key is not Scalar scalar)
                throw Refused(key, "a key must be a text");

            string text = Text(scalar);
            if (text == "<<" && scalar.Style == ScalarStyle.Plain)
                throw Refused(key, "merge keys ('<<') are not supported");
            if (!keys.Add(text))
                throw Refused(key, $"the key {PrintableText.Quoted(text)} occurs twice");
            json.WritePropertyName(text);
            WriteNode(Next(), depth + 1);
        }

        json.WriteEndObject();
    }

    private void WritePlain(Scalar scalar)
    {
        string text = Text(scalar);
        switch (YamlScalar.Resolve(text))
        {
            case null:
                json.WriteNullValue();
                break;
            case bool value:
                json.WriteBooleanValue(value);
                break;
            case long value:
                json.WriteNumberValue(value);
                break;
            case double value when double.IsFinite(value):
                // With a fraction, so that whoever reads the JSON still sees that it was no integer.
                string digits = value.ToString("R", CultureInfo.InvariantCulture);
                json.WriteRawValue(digits.AsSpan().ContainsAny('.', 'E') ? digits : digits + ".0");
                break;
            case double:
                throw Refused(scalar, $"{PrintableText.Quoted(text)} is not a finite number; put it in quotes if it is a text");
            case BigInteger:
                throw Refused(scalar, $"{PrintableText.Quoted(text)} does not fit into 64 bits; put it in quotes if it is a text");
            default:
                json.WriteStringValue(text);
                break;
        }
    }

    private static void CheckNode(ParsingEvent node)
    {
        if (node is AnchorAlias)
            throw Refused(node, "aliases ('*name') are not supported");
        if (node is NodeEvent { Anchor.IsEmpty: false })
            throw Refused(node, "anchors ('&name') are not supported");
        if (node is NodeEvent { Tag.IsEmpty: false })
            throw Refused(node, "tags ('!name') are not supported");
    }

    // An escape can write half of a surrogate pair, which JSON cannot hold.
    private static string Text(Scalar scalar)
    {
        try
        {
            StrictUtf8.GetByteCount(scalar.Value);
            return scalar.Value;
        }
        catch (EncoderFallbackException)
        {
            throw Refused(scalar, "a text is not valid Unicode");
        }
    }

    private ParsingEvent Next() => parser.MoveNext() && parser.Current is { } current
        ? current
        : throw new InvalidDataException("it ends early.");

    private static InvalidDataException Refused(ParsingEvent node, string reason) =>
        new($"line {node.Start.Line}: {reason}.");
}
