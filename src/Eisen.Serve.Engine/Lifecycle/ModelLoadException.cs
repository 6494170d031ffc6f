namespace Eisen.Serve.Engine;

/// <summary>A model cannot be loaded.</summary>
/// <param name="message">Why, in one line that names the archive or the model.</param>
/// <param name="innerException">What was found underneath.</param>
public sealed class ModelLoadException(string message, Exception? innerException = null) : Exception(message, innerException);
