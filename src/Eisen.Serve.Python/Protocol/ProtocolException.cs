namespace Eisen.Serve.Python;

/// <summary>A worker says what the protocol does not know: it cannot be trusted any more.</summary>
/// <param name="message">What it said.</param>
internal sealed class ProtocolException(string message) : Exception(message);
