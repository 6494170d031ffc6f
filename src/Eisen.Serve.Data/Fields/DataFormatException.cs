namespace Eisen.Serve.Data;

/// <summary>Bytes do not have the form that they should have: a message, a file of numpy's, or a model's metadata.</summary>
/// <param name="message">What is wrong, where, and what would be right, in one line that a client may read.</param>
public sealed class DataFormatException(string message) : Exception(message);
