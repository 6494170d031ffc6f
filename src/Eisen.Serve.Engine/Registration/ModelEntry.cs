using System.Collections.Immutable;

namespace Eisen.Serve.Engine;

/// <summary>A registered model at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">The version that answers when a request names none.</param>
/// <param name="Versions">All versions, in the order in which they were added.</param>
public sealed record ModelEntry(string Name, ModelVersion Default, ImmutableArray<ModelVersion> Versions)
{
    /// <summary>A version, or null when the model has it not.</summary>
    public ModelVersion? Find(string? version)
    {
        foreach (ModelVersion candidate in Versions)
        {
            if (candidate.Version == version)
                return candidate;
        }

        return null;
    }
}
