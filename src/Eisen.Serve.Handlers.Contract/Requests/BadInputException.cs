namespace Eisen.Serve.Handlers;

/// <summary>A request holds nothing that the handler can use.</summary>
/// <param name="message">What is wrong and what would be right; the client reads it.</param>
public sealed class BadInputException(string message) : Exception(message);
