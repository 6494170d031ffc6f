using Eisen.Serve.Archive;

namespace Eisen.Serve.Packing;

/// <summary>What the command line of <c>pack</c> says.</summary>
internal sealed record PackOptions
{
    public string? ModelName { get; init; }

    public string? Version { get; init; }

    /// <summary>The module or the weights: <c>--serialized-file</c>, or <c>--model</c>.</summary>
    public string? SerializedFile { get; init; }

    public string? ModelFile { get; init; }

    public string? Handler { get; init; }

    public IReadOnlyList<string> ExtraFiles { get; init; } = [];

    public string Runtime { get; init; } = "python";

    public string? ExportPath { get; init; }

    public ArchiveLayout Layout { get; init; }

    public bool Force { get; init; }

    public string? RequirementsFile { get; init; }

    public string? ConfigFile { get; init; }

    public string? PreProcessing { get; init; }

    public string? PostProcessing { get; init; }

    public string? Metadata { get; init; }

    /// <summary>A request's body to try the archive with.</summary>
    public string? Sample { get; init; }
}
