using System.Diagnostics;

namespace Eisen.Serve.Engine;

/// <summary>Where the engine's spans come from. While nobody listens, none is made.</summary>
public static class EngineTracing
{
    /// <summary>The name of the source, for whoever listens.</summary>
    public const string SourceName = "Eisen.Serve";

    internal static ActivitySource Source { get; } = new(SourceName);
}
