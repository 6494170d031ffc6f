using Eisen.Serve.Testing;

namespace Eisen.Serve.Conformance;

/// <summary>What a real TorchServe answered, beside the checkout; its README tells how it was made.</summary>
internal static class RecordedSet
{
    /// <summary>What stands for the set's folder in what was recorded.</summary>
    public const string Place = "/reference/";

    /// <summary>The set's folder.</summary>
    public static string Folder { get; } = Find();

    /// <summary>The letters of the groups, each of which had a server of its own.</summary>
    public static IReadOnlyList<string> Groups { get; } =
        [.. Directory.EnumerateFiles(CasesFolder, "*.json").Select(file => Path.GetFileName(file)[..1]).Distinct().Order(StringComparer.Ordinal)];

    private static string CasesFolder => Path.Combine(Folder, "cases");

    /// <summary>A group's cases in the order in which they were sent.</summary>
    public static IReadOnlyList<RecordedCase> Cases(string group) =>
        [.. Directory.EnumerateFiles(CasesFolder, $"{group}???-*.json").Order(StringComparer.Ordinal).Select(RecordedCase.Read)];

    /// <summary>Whether a case is in the set, with an answer.</summary>
    /// <param name="id">The letter and number, such as <c>A001</c>.</param>
    public static bool HasAnswer(string id) =>
        Directory.EnumerateFiles(CasesFolder, $"{id}-*.json").Select(RecordedCase.Read).Any(each => each.HasAnswer);

    /// <summary>What several requests that were sent together got.</summary>
    public static string Result(string name) => File.ReadAllText(Path.Combine(CasesFolder, name + ".result"));

    private static string Find()
    {
        string folder = Path.GetFullPath(Path.Combine(Fixtures.RepositoryRoot, "..", "shared", "torchserve-reference"));
        return Directory.Exists(folder)
            ? folder
            : throw new DirectoryNotFoundException($"The answers of a real TorchServe are expected beside the checkout, in '{folder}'.");
    }
}
