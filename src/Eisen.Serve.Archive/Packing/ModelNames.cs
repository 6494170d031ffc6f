using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>The names that torch-model-archiver gives a model: they are fit for a file, a path and a URL.</summary>
internal static class ModelNames
{
    private const int MostCharacters = 128;

    /// <summary>What is wrong with a name, as a sentence; null when it is right.</summary>
    public static string? FaultIn(string name)
    {
        bool isRight = name.Length is > 0 and <= MostCharacters && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && !name.Contains("..", StringComparison.Ordinal);
        return isRight ? null : $"the model's name {PrintableText.Quoted(name)} must be letters, digits, '_', '-' and single dots, a letter or a digit first, at most {MostCharacters}.";
    }
}
