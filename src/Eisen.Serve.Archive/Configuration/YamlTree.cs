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
/// wide as the text asks: what repeats by reference (anchors), names a type (tags) or nests too deep is refused. What is
/// refused is left out, and the rest is read on, so that all of it can be told at once.
/// </summary>
internal sealed class YamlTree
{
    private const int MostDepth = 32;
    private const int MostMistakes = 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IParser parser;
    private readonly Utf8JsonWriter json;
    private readonly List<string> mistakes;

    private YamlTree(IParser parser, Utf8JsonWriter json, List<string> mistakes)
    {
        this.parser = parser;
        this.json = json;
        this.mistakes = mistakes;
    }

    /// <summary>Reads one document. Null for a document that is empty or null, or not YAML.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="mistakes">Gets what is refused; reading ends where it is no YAML any more, and after very many.</param>
    public static JsonNode? Read(ReadOnlyMemory<byte> yaml, List<string> mistakes)
    {
        ArrayBufferWriter<byte> json = new();
        using Utf8JsonWriter writer = new(json);
        if (Decode(yaml.Span) is not { } text)
        {
            mistakes.Add("it is not UTF-8 text");
            return null;
        }

        Parser parser = new(new StringReader(text));
        try
        {
            new YamlTree(parser, writer, mistakes).WriteDocument();
        }
        catch (YamlException notYaml)
        {
            mistakes.Add($"line {notYaml.Start.Line}: {notYaml.Message.TrimEnd('.')}");
            return null;
        }
        catch (InvalidDataException end)
        {
            mistakes.Add(end.Message);
            return null;
        }
        catch (Exception notYaml) when (notYaml is ArgumentException or InvalidOperationException or OverflowException or FormatException)
        {
            // What the parser throws for some escapes that are out of range, and for some wrong indentation.
            mistakes.Add($"it is not valid YAML from line {parser.Current?.End.Line ?? 1} on");
            return null;
        }

        writer.Flush();
        return json.WrittenCount == 0 ? null : JsonNode.Parse(json.WrittenSpan);
    }

    private static string? Decode(ReadOnlySpan<byte> yaml)
    {
        try
        {
            return StrictUtf8.GetString(yaml);
        }
        catch (DecoderFallbackException)
        {
            return null;
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
            Refuse(second, "more than one document is not supported");
    }

    private void WriteNode(ParsingEvent node, int depth)
    {
        CheckNode(node);
        if (depth > MostDepth)
        {
            Refuse(node, $"more than {MostDepth} levels are not allowed");
            Skip(node);
            json.WriteNullValue();
            return;
        }

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
            case AnchorAlias:
                json.WriteNullValue();
                break;
            default:
                Refuse(node, "a value is missing");
                json.WriteNullValue();
                break;
        }
    }

    private void WriteMap(int depth)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        json.WriteStartObject();
        for (ParsingEvent key = Next(); key is not MappingEnd; key = Next())
        {
            if (ReadKey(key, keys) is { } name)
            {
                json.WritePropertyName(name);
                WriteNode(Next(), depth + 1);
            }
            else
            {
                Skip(Next());
            }
        }

        json.WriteEndObject();
    }

    /// <summary>A key's text; null when it cannot be one, and its value is to be left out.</summary>
    private string? ReadKey(ParsingEvent key, HashSet<string> keys)
    {
        CheckNode(key);
        if (key is not Scalar scalar)
        {
            if (key is not AnchorAlias)
                Refuse(key, "a key must be a text");
            Skip(key);
            return null;
        }

        string text = Text(scalar);
        if (text == "<<" && scalar.Style == ScalarStyle.Plain)
            Refuse(key, "merge keys ('<<') are not supported");
        else if (!keys.Add(text))
            Refuse(key, $"the key {PrintableText.Quoted(text)} occurs twice");
        else
            return text;
        return null;
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
                Refuse(scalar, $"{PrintableText.Quoted(text)} is not a finite number; put it in quotes if it is a text");
                json.WriteNullValue();
                break;
            case BigInteger:
                Refuse(scalar, $"{PrintableText.Quoted(text)} does not fit into 64 bits; put it in quotes if it is a text");
                json.WriteNullValue();
                break;
            default:
                json.WriteStringValue(text);
                break;
        }
    }

    private void CheckNode(ParsingEvent node)
    {
        if (node is AnchorAlias)
            Refuse(node, "aliases ('*name') are not supported");
        if (node is NodeEvent { Anchor.IsEmpty: false })
            Refuse(node, "anchors ('&name') are not supported");
        if (node is NodeEvent { Tag.IsEmpty: false })
            Refuse(node, "tags ('!name') are not supported");
    }

    // An escape can write half of a surrogate pair, which JSON cannot hold.
    private string Text(Scalar scalar)
    {
        try
        {
            StrictUtf8.GetByteCount(scalar.Value);
            return scalar.Value;
        }
        catch (EncoderFallbackException)
        {
            Refuse(scalar, "a text is not valid Unicode");
            return "";
        }
    }

    // However deep what is left out may be.
    private void Skip(ParsingEvent node)
    {
        for (int nesting = node.NestingIncrease; nesting > 0; nesting += Next().NestingIncrease)
        {
        }
    }

    private ParsingEvent Next() => parser.MoveNext() && parser.Current is { } current
        ? current
        : throw new InvalidDataException("it ends early");

    private void Refuse(ParsingEvent node, string reason)
    {
        if (mistakes.Count == MostMistakes)
            throw new InvalidDataException($"line {node.Start.Line}: more is wrong from here on");
        mistakes.Add($"line {node.Start.Line}: {reason}");
    }
}
