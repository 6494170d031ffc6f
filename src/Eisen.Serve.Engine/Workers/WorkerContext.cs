using Eisen.Serve.Archive;

namespace Eisen.Serve.Engine;

/// <summary>What a kind of worker knows of the version that it works for.</summary>
/// <param name="ModelName">The name that the model is registered by.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Archive">The opened archive; it stays until the workers' source has been disposed.</param>
/// <param name="Options">How the version runs.</param>
/// <param name="Choice">Which handler runs it, and where.</param>
public sealed record WorkerContext(string ModelName, string ModelVersion, ModelArchive Archive, ModelOptions Options, HandlerChoice Choice);
