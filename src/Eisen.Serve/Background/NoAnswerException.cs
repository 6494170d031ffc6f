namespace Eisen.Serve.Background;

/// <summary>A listener gave no answer; the message goes after its address.</summary>
internal sealed class NoAnswerException(string message, Exception cause) : Exception(message, cause);
