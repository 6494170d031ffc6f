namespace Eisen.Serve.Handlers;

/// <summary>A module returned something that its handler cannot turn into answers; the log gets the message.</summary>
internal sealed class UnusableOutputException(string message) : Exception(message);
