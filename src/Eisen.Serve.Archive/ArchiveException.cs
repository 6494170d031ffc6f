using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>
/// A model archive that cannot be used. The message is one line that names the archive and the fault; nothing
/// that an archive holds can break the line or fill a log.
/// </summary>
public sealed class ArchiveException : Exception
{
    private const int MostCharacters = 4000;

    /// <summary>Says what is wrong with an archive.</summary>
    /// <param name="fileName">The archive's file name, without its folder.</param>
    /// <param name="fault">What is wrong, as a sentence that follows the name.</param>
    /// <param name="innerException">What was thrown below, if anything.</param>
    public ArchiveException(string fileName, string fault, Exception? innerException = null)
        : base($"{PrintableText.Shortened(fileName)}: {PrintableText.Shortened(fault, MostCharacters)}", innerException)
    {
        Fault = PrintableText.Shortened(fault, MostCharacters);
    }

    /// <summary>What is wrong, without the archive's name.</summary>
    public string Fault { get; }
}
