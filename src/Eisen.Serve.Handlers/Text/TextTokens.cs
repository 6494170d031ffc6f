using System.Text.RegularExpressions;

namespace Eisen.Serve.Handlers.Text;

/// <summary>Turns a text into tokens as TorchServe's <c>text_classifier</c> does: HTML tags and character references go,
/// letters become small, contractions are written out, accents go with everything that is not ASCII then, and so does
/// punctuation; white space separates what is left.</summary>
internal static class TextTokens
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    // Those of Python's split among the characters of ASCII.
    private const string WhiteSpace = " \t\n\v\f\r\u001c\u001d\u001e\u001f";

    // Linear in the text's length, whatever the text is.
    private static readonly Regex Markup = new("<.*?>|&(?:[a-z0-9]+|#[0-9]{1,6}|#x[0-9a-f]{1,6});", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>A text's tokens in order.</summary>
    public static string[] Of(string text)
    {
        text = Markup.Replace(text, "").ToLowerInvariant();
        string plain = PlainLetters.Of(Contractions.Expand(text));
        return string.Concat(plain.Where(letter => !Punctuation.Contains(letter))).Split([.. WhiteSpace], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The tokens, then all neighbours with a space between, up to a number of them.</summary>
    public static IEnumerable<string> WithNeighbours(string[] tokens, int most)
    {
        for (int length = 1; length <= most; length++)
        {
            for (int start = 0; start + length <= tokens.Length; start++)
                yield return length == 1 ? tokens[start] : string.Join(' ', tokens, start, length);
        }
    }
}
