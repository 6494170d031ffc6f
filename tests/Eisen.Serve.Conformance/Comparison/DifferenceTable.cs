using System.Text.Json;

namespace Eisen.Serve.Conformance;

/// <summary>The table of what differs on purpose, <c>differences.json</c>. docs/torchserve-differences.md says the same.</summary>
internal static class DifferenceTable
{
    /// <summary>What differs in every answer.</summary>
    public const string EveryCase = "all";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The rows.</summary>
    public static IReadOnlyList<ListedDifference> Rows { get; } =
        JsonSerializer.Deserialize<IReadOnlyList<ListedDifference>>(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "differences.json")), Json)!;

    /// <summary>The rows that name a case.</summary>
    public static IReadOnlyList<ListedDifference> For(RecordedCase recorded) => [.. Rows.Where(row => row.Cases.Contains(recorded.Id))];

    /// <summary>The rows that hold for all cases.</summary>
    public static IReadOnlyList<ListedDifference> ForAll { get; } = [.. Rows.Where(row => row.Cases.Contains(EveryCase))];
}
