using System.Text.Json;

namespace Eisen.Serve.Data;

/// <summary>Says why a text is no JSON, for those who wrote it: the reader's own words also tell how it was called.</summary>
public static class JsonFault
{
    /// <summary>Where it is wrong, and what is, in one line without its full stop.</summary>
    public static string Of(JsonException mistake)
    {
        ArgumentNullException.ThrowIfNull(mistake);
        string text = mistake.Message.ReplaceLineEndings(" ");
        foreach (string next in (string[])[". ", " Path: ", " LineNumber: "])
        {
            if (text.IndexOf(next, StringComparison.Ordinal) is int end and > 0)
                text = text[..end];
        }

        text = text.TrimEnd('.');
        return mistake.LineNumber is { } line ? $"line {line + 1}, byte {mistake.BytePositionInLine + 1}: {text}" : text;
    }
}
