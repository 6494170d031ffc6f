using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>The names that a model can have: they are fit for a file, a path and a URL.</summary>
public static class ModelNames
{
    private const int MostCharacters = 128;

    /// <summary>What is wrong with a name, as a sentence without its full stop; null when it is right.</summary>
    public static string? FaultIn(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        bool isRight = name.Length is > 0 and <= MostCharacters && name[0] != '.'
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.') && !name.Contains("..", StringComparison.Ordinal);
        return isRight ? null : $"{PrintableText.Quoted(name)} cannot be a model's name; letters, digits, '-', '_' and single dots can, at most {MostCharacters}, and no dot first";
    }
}
