namespace Eisen.Serve.CommandLine;

/// <summary>Something that the person at the command line can put right; the message is all that they need to read.</summary>
internal sealed class UserMistakeException(string message) : Exception(message);
