using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Eisen.Serve.Handlers.Text;

/// <summary>The ASCII letters that a character consists of, without its accents: what Unicode's compatibility decomposition
/// (NFKD) has of them. The process runs without tables of Unicode; tools/make_plain_letters.py makes this one.</summary>
internal static class PlainLetters
{
    private const string Resource = "Eisen.Serve.Handlers.Text.plain-letters.txt";

    private static readonly FrozenDictionary<int, string> Letters = Read();

    /// <summary>A text in small letters of ASCII; what has none is left out.</summary>
    public static string Of(string text)
    {
        StringBuilder plain = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
                plain.Append(char.ToLowerInvariant((char)rune.Value));
            else if (Letters.TryGetValue(rune.Value, out string? letters))
                plain.Append(letters);
        }

        return plain.ToString();
    }

    private static FrozenDictionary<int, string> Read()
    {
        using StreamReader lines = new(typeof(PlainLetters).Assembly.GetManifestResourceStream(Resource)!);
        Dictionary<int, string> letters = [];
        while (lines.ReadLine() is { } line)
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            letters.Add(int.Parse(line.AsSpan(0, tab), NumberStyles.HexNumber, CultureInfo.InvariantCulture), line[(tab + 1)..]);
        }

        return letters.ToFrozenDictionary();
    }
}
