using System.Collections.Immutable;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>
/// The models by name, and each one's versions. Reading takes no lock: every change replaces an immutable picture.
/// </summary>
public sealed class ModelRegistry
{
    private readonly Lock changes = new();
    private ImmutableSortedDictionary<string, ModelEntry> models = ImmutableSortedDictionary.Create<string, ModelEntry>(StringComparer.Ordinal);

    /// <summary>Raised, on the thread that made it and before whoever asked for it is answered, when a change is complete:
    /// a version became ready, was scaled, was made the default, or went.</summary>
    public event Action? Changed;

    /// <summary>The models, ordered by name.</summary>
    public IReadOnlyList<ModelEntry> Models => [.. Volatile.Read(ref models).Values];

    /// <summary>Finds a version to answer a request with.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version, or null for the model's default one.</param>
    /// <param name="found">The version, unless the result says that there is none.</param>
    /// <returns><see cref="PredictionError.None"/>, or which of the two is not there.</returns>
    public PredictionError Find(string name, string? version, out ModelVersion? found)
    {
        found = null;
        if (Find(name) is not { } entry)
            return PredictionError.ModelNotFound;
        found = version is null ? entry.Default : entry.Find(version);
        return found is null ? PredictionError.VersionNotFound : PredictionError.None;
    }

    /// <summary>Finds a model with all of its versions, or null.</summary>
    public ModelEntry? Find(string name) => Volatile.Read(ref models).GetValueOrDefault(name);

    /// <summary>Adds a version; a model's first one is its default. It may take the place of one that failed.</summary>
    /// <returns>False when the model has this version already.</returns>
    internal bool TryAdd(ModelVersion version)
    {
        lock (changes)
        {
            ModelEntry? entry = models.GetValueOrDefault(version.Name);
            ModelVersion? same = entry?.Find(version.Version);
            if (same is not null && same.Status.State != ModelState.Failed)
                return false;

            // Until it is ready it is one more try.
            version.IsTriedAgain = same is { IsTriedAgain: true };
            ModelEntry changed = entry is null ? new ModelEntry(version.Name, version, [version])
                : same is null ? entry with { Versions = entry.Versions.Add(version) }
                : entry with { Versions = entry.Versions.Replace(same, version), Default = entry.Default == same ? version : entry.Default };
            Volatile.Write(ref models, models.SetItem(version.Name, changed));
            return true;
        }
    }

    /// <summary>Makes a version the one that answers when a request names none.</summary>
    /// <returns>False when the model has not this version.</returns>
    public bool SetDefault(ModelVersion version)
    {
        lock (changes)
        {
            if (models.GetValueOrDefault(version.Name) is not { } entry || !entry.Versions.Contains(version))
                return false;
            Volatile.Write(ref models, models.SetItem(version.Name, entry with { Default = version }));
        }

        RaiseChanged();
        return true;
    }

    /// <summary>Says that a change is complete.</summary>
    internal void RaiseChanged() => Changed?.Invoke();

    /// <summary>Takes a version out. When it was the default, the version added last takes its place.</summary>
    internal void Remove(ModelVersion version)
    {
        lock (changes)
        {
            if (models.GetValueOrDefault(version.Name) is not { } entry)
                return;
            ImmutableArray<ModelVersion> left = entry.Versions.Remove(version);
            Volatile.Write(ref models, left.IsEmpty
                ? models.Remove(version.Name)
                : models.SetItem(version.Name, entry with { Versions = left, Default = entry.Default == version ? left[^1] : entry.Default }));
        }

        RaiseChanged();
    }
}
