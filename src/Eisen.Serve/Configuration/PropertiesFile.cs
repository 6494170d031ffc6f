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
    /// <summary>Reads the text of a file.</summary>
    /// <returns>What it sets, in its order. A key may come twice; in Java the last one counts.</returns>
    public static IEnumerable<Property> Parse(string text)
    {
        foreach ((string line, int number) in LogicalLines(text))
        {
            int keyEnd = FindKeyEnd(line);
            int valueStart = keyEnd;
            while (valueStart < line.Length && IsBlank(line[valueStart]))
                valueStart++;
            if (valueStart < line.Length && line[valueStart] is '=' or ':')
                valueStart++;
            while (valueStart < line.Length && IsBlank(line[valueStart]))
                valueStart++;
            yield return new Property(Unescape(line[..keyEnd]), Unescape(line[valueStart..]).TrimEnd(), number);
        }
    }

    /// <summary>Writes a line that <see cref="Parse"/> reads as this, with what Java's own writer escapes escaped.</summary>
    public static void Append(StringBuilder text, string key, string value)
    {
        AppendEscaped(text, key, isKey: true);
        text.Append('=');
        AppendEscaped(text, value, isKey: false);
        text.Append('\n');
    }

    private static void AppendEscaped(StringBuilder text, string plain, bool isKey)
    {
        for (int i = 0; i < plain.Length; i++)
        {
            char letter = plain[i];
            switch (letter)
            {
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\f': text.Append("\\f"); break;
                case '\\' or '=' or ':' or '#' or '!': text.Append('\\').Append(letter); break;
                case ' ' when isKey || i == 0: text.Append("\\ "); break;
                case < ' ' or > '~': text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}"); break;
                default: text.Append(letter); break;
            }
        }
    }

    private static IEnumerable<(string Line, int Number)> LogicalLines(string text)
    {
        StringBuilder? continued = null;
        int number = 0;
        int first = 0;
        foreach (string natural in text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r'))
        {
            number++;
            string line = natural.TrimStart(' ', '\t', '\f');
            if (continued is null && (line.Length == 0 || line[0] is '#' or '!'))
                continue;

            bool continues = line.Length - line.TrimEnd('\\').Length is int slashes && slashes % 2 == 1;
            if (continued is null)
                first = number;
            (continued ??= new StringBuilder()).Append(continues ? line[..^1] : line);
            if (continues)
                continue;
            if (continued.Length > 0)
                yield return (continued.ToString(), first);
            continued = null;
        }

        if (continued is { Length: > 0 })
            yield return (continued.ToString(), first);
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
