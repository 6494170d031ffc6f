using System.Text.RegularExpressions;

namespace Eisen.Serve.Handlers.Text;

/// <summary>The contracted words of English that TorchServe's text handlers write out. The first that fits counts, also inside
/// a word: of <c>he'd've</c> only <c>he'd</c> is written out, as there.</summary>
internal static class Contractions
{
    private static readonly Dictionary<string, string> Expansions = Make();
    private static readonly Regex Pattern = new(string.Join('|', Expansions.Keys.Select(Regex.Escape)), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>Writes contractions out, and removes the apostrophes that are left.</summary>
    /// <param name="text">A text in lower case.</param>
    public static string Expand(string text) => Pattern.Replace(text, match => Expansions[match.Value]).Replace("'", "", StringComparison.Ordinal);

    private static Dictionary<string, string> Make()
    {
        Dictionary<string, string> words = new(StringComparer.Ordinal)
        {
            ["ain't"] = "is not",
            ["can't"] = "cannot",
            ["shan't"] = "shall not",
            ["sha'n't"] = "shall not",
            ["won't"] = "will not",
            ["'cause"] = "because",
            ["i'm"] = "i am",
            ["let's"] = "let us",
            ["ma'am"] = "madam",
            ["o'clock"] = "of the clock",
            ["so's"] = "so as",
            ["y'all"] = "you all",
        };
        Add(words, "n't", " not", "are could did does do had has have is may might must need ought should was were would");
        Add(words, "'ve", " have", "could might must should would will so to i you we they what when where who why");
        Add(words, "'d", " would", "i you he she it we they that there");
        Add(words, "'d", " did", "how where");
        Add(words, "'ll", " will", "i you he she it we they how what who");
        Add(words, "'s", " is", "he she it that there how what when where who why");
        Add(words, "'re", " are", "you we they what");
        return words;
    }

    private static void Add(Dictionary<string, string> words, string ending, string meaning, string stems)
    {
        foreach (string stem in stems.Split(' '))
            words[stem + ending] = stem + meaning;
    }
}
