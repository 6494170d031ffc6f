namespace Eisen.Serve.Handlers;

/// <summary>A request holds nothing that the handler can use; the client reads the message.</summary>
internal sealed class BadInputException(string message) : Exception(message);
