using Eisen.Serve.Testing;

namespace Eisen.Serve.Conformance;

/// <summary>The table of differences, and the page that tells of them.</summary>
public class DifferenceTableTests
{
    [Fact]
    public void Rows_All_NameCasesThatAreInTheSet() => DifferenceTable.Rows.SelectMany(row => row.Cases)
        .Where(id => id != DifferenceTable.EveryCase && !RecordedSet.HasAnswer(id)).ShouldBeEmpty();

    [Fact]
    public void Page_TableOfDifferences_SaysWhatTheTestsRead()
    {
        string page = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "docs", "torchserve-differences.md"));
        string[] told = [.. page.Split('\n').SkipWhile(line => line != "| what | here | why | recorded cases |").Skip(2).TakeWhile(line => line.StartsWith('|'))];

        told.ShouldBe(DifferenceTable.Rows.Select(row => $"| {row.What} | {row.Here} | {row.Why} | {string.Join(", ", row.Cases)} |"));
    }
}
