namespace Eisen.Serve.Handlers;

/// <summary>An archive asks its handler for something that cannot be; the model is not loaded.</summary>
/// <param name="message">All that is wrong, in one line, and what would be right.</param>
public sealed class HandlerConfigurationException(string message) : Exception(message);
