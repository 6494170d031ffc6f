namespace Eisen.Serve.Handlers.Pickles;

/// <summary>A pickle is broken, too large, or holds what is not read here.</summary>
/// <param name="message">What, to go on after "the file".</param>
internal sealed class PickleException(string message) : Exception(message);
