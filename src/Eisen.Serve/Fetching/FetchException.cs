namespace Eisen.Serve.Fetching;

/// <summary>An archive cannot be fetched.</summary>
/// <param name="reason">Why, as the end of a sentence.</param>
internal sealed class FetchException(string reason) : Exception(reason);
