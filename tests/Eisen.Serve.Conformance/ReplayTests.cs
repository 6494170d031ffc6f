using System.Text;

namespace Eisen.Serve.Conformance;

/// <summary>Sends each group's recorded requests to a server that was started as the recorded one, and compares.</summary>
public class ReplayTests
{
    // Its cases are sent, and judged once there is such a listener.
    private const string NotThere = "metrics";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("C")]
    [InlineData("D")]
    [InlineData("E")]
    [InlineData("F")]
    [InlineData("G")]
    [InlineData("H")]
    [InlineData("K")]
    [InlineData("L")]
    [InlineData("N")]
    [InlineData("O")]
    [InlineData("P")]
    [InlineData("U")]
    [InlineData("V")]
    [InlineData("X")]
    [InlineData("Y")]
    [InlineData("Z")]
    public async Task Replay_RecordedGroup_AnswersAsTorchServeOrAsListed(string group)
    {
        IReadOnlyList<RecordedCase> cases = RecordedSet.Cases(group);
        StringBuilder report = new();
        using (ReplayServer server = ReplayServer.Start(group, cases))
        {
            RecordedKeys keys = new(Path.Combine(server.WorkingFolder, "key_file.json"));
            Choreography choreography = new(server, keys);
            foreach (RecordedCase recorded in cases)
            {
                await choreography.BeforeAsync(recorded.Id);
                WireAnswer? answer = await AskAsync(server, recorded, keys);
                await choreography.AfterAsync(recorded.Id);
                foreach (string mistake in Judge(recorded, answer))
                    report.AppendLine($"{recorded.Name} ({recorded.Summary}): {mistake}");
            }
        }

        report.ToString().ShouldBeEmpty();
    }

    private static async Task<WireAnswer?> AskAsync(ReplayServer server, RecordedCase recorded, RecordedKeys keys)
    {
        try
        {
            return await Wire.AskAsync(server.Port(recorded.Listener), recorded.RequestBytes(keys.Rewrite), recorded.Method, Patience);
        }
        catch (Exception nothing) when (nothing is OperationCanceledException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Judge(RecordedCase recorded, WireAnswer? answer)
    {
        if (recorded.Listener == NotThere)
            return [];
        if (answer is null)
            return ["no answer"];
        IReadOnlyList<ListedDifference> rows = DifferenceTable.For(recorded);
        IEnumerable<string> wrong = rows.Where(row => row.Status is { } status && status != answer.Status).Select(row => $"'{row.What}' says status {row.Status}, not {answer.Status}")
            .Concat(rows.Where(row => row.Type is { } type && !answer.Text.Contains($"\"type\": \"{type}\"", StringComparison.Ordinal)).Select(row => $"'{row.What}' says {row.Type}, not {answer.Text.Trim()}"));
        if (!recorded.HasAnswer)
            return wrong;

        IReadOnlyList<AnswerDifference> differences = recorded.WasLeftWaiting
            ? [new AnswerDifference("answer", null, $"{answer.Status} {answer.Text.Trim()}")]
            : AnswerComparison.Compare(recorded.Answer(), answer);
        return
        [
            .. differences.Where(difference => !rows.Concat(DifferenceTable.ForAll).Any(row => row.Covers(difference))).Select(difference => difference.ToString()),
            .. wrong,
            .. rows.SelectMany(row => row.PlacesWithout(differences).Select(place => $"'{row.What}' is listed, yet nothing differs at '{place}'")),
        ];
    }
}
