using System.Buffers;
using System.Globalization;
using System.Text;

namespace Eisen.Serve.Data;

/// <summary>Text from outside, made fit for a message: it stays on its line, and it is not long.</summary>
public static class PrintableText
{
    private const int MostNameCharacters = 120;

    /// <summary>The text in quotes, shortened and escaped.</summary>
    public static string Quoted(string text) => $"'{Shortened(text)}'";

    /// <summary>The text, with its middle left out if it is too long, and escaped.</summary>
    public static string Shortened(string text, int mostCharacters = MostNameCharacters)
    {
        int tail = mostCharacters / 3;
        return text.Length <= mostCharacters
            ? Escaped(text)
            : Escaped($"{text.AsSpan(0, mostCharacters - tail)}...{text.AsSpan(text.Length - tail)}");
    }

    /// <summary>The text with everything that does not print, or that turns the reading direction, as \uXXXX.</summary>
    public static string Escaped(string text)
    {
        StringBuilder? escaped = null;
        for (int at = 0; at < text.Length;)
        {
            bool isScalar = Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int length) == OperationStatus.Done;
            if (isScalar && Prints(rune))
            {
                escaped?.Append(text, at, length);
            }
            else
            {
                escaped ??= new StringBuilder(text, 0, at, text.Length + 16);
                foreach (char unit in text.AsSpan(at, length))
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
            }

            at += length;
        }

        return escaped?.ToString() ?? text;
    }

    private static bool Prints(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
