namespace Eisen.Serve.Management;

/// <summary>A page of the registered models.</summary>
/// <param name="NextPageToken">What to ask the next page with; absent on the last page.</param>
/// <param name="Models">The models, ordered by name.</param>
internal sealed record ModelList(string? NextPageToken, IReadOnlyList<ModelList.Item> Models)
{
    /// <summary>A model.</summary>
    /// <param name="ModelName">Its name.</param>
    /// <param name="ModelUrl">The archive that its default version came from.</param>
    internal sealed record Item(string ModelName, string ModelUrl);
}
