using System.Globalization;
using System.Text;

namespace Eisen.Serve.Configuration;

/// <summary>
/// A file in the format of Java's <c>java.util.Properties</c>, in which TorchServe's configuration is written:
/// <c>key=value</c>, <c>key: value</c> or <c>key value</c>; comments with <c>#</c> or <c>!</c>; a backslash at the end of
/// a line continues it, and elsewhere escapes.
/// </summary>
internal static class PropertiesFile
{
    /// <summary>Reads the text of a file. A key that comes twice has its last value, as in Java.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> properties = new(StringComparer.Ordinal);
        foreach (string line in LogicalLines(text))
        {
            int keyEnd = FindKeyEnd(line);
            int valueStart = keyEnd;
            while (valueStart < line.Length && IsBlank(line[valueStart]))
                valueStart++;
            if (valueStart < line.Length && line[valueStart] is '=' or ':')
                valueStart++;
            while (valueStart < line.Length && IsBlank(line[valueStart]))
                valueStart++;
            properties[Unescape(line[..keyEnd])] = Unescape(line[valueStart..]).TrimEnd();
        }

        return properties;
    }

    private static IEnumerable<string> LogicalLines(string text)
    {
        StringBuilder? continued = null;
        foreach (string natural in text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r'))
        {
            string line = natural.TrimStart(' ', '\t', '\f');
            if (continued is null && (line.Length == 0 || line[0] is '#' or '!'))
                continue;

            bool continues = line.Length - line.TrimEnd('\\').Length is int slashes && slashes % 2 == 1;
            (continued ??= new StringBuilder()).Append(continues ? line[..^1] : line);
            if (continues)
                continue;
            if (continued.Length > 0)
                yield return continued.ToString();
            continued = null;
        }

        if (continued is { Length: > 0 })
            yield return continued.ToString();
    }

    private static int FindKeyEnd(string line)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\')
                i++;
            else if (line[i] is '=' or ':' || IsBlank(line[i]))
                return i;
        }

        return line.Length;
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;

        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            char escaped = text[++i];
            if (escaped == 'u' && i + 4 < text.Length && ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                plain.Append((char)code);
                i += 4;
                continue;
            }

            plain.Append(escaped switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', _ => escaped });
        }

        return plain.ToString();
    }

    private static bool IsBlank(char letter) => letter is ' ' or '\t' or '\f';
}
