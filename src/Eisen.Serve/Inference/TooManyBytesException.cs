namespace Eisen.Serve.Inference;

/// <summary>A request does not fit into what the requests under way may take together.</summary>
internal sealed class TooManyBytesException(string message) : Exception(message);
