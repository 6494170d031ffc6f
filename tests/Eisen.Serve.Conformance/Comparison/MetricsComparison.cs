using System.Text.RegularExpressions;

namespace Eisen.Serve.Conformance;

/// <summary>Compares metrics in Prometheus' text form: which there are, of which type and unit, and with which labels. Their
/// values are of the machine and the moment.</summary>
internal static partial class MetricsComparison
{
    private const string Ours = "eisen_";

    // The requests to it are not in the set, nor is its archive.
    private const string LeftOut = "resnet18";

    /// <summary>Whether an answer has metrics.</summary>
    public static bool IsMetrics(WireAnswer answer) => answer["content-type"]?.StartsWith("text/plain; version=", StringComparison.Ordinal) == true;

    /// <summary>Where two answers differ: <c>body metric NAME</c>, or <c>body metric eisen_</c> for those that are our own.</summary>
    public static IEnumerable<AnswerDifference> Compare(string expected, string actual)
    {
        ILookup<string, string> theirs = Lines(expected);
        ILookup<string, string> ours = Lines(actual);
        foreach (string name in theirs.Select(metric => metric.Key).Union(ours.Select(metric => metric.Key)))
        {
            string their = string.Join('\n', theirs[name].Distinct().Order(StringComparer.Ordinal));
            string our = string.Join('\n', ours[name].Distinct().Order(StringComparer.Ordinal));
            if (their != our)
                yield return new AnswerDifference($"body metric {(name.StartsWith(Ours, StringComparison.Ordinal) ? Ours : name)}", their, our);
        }
    }

    private static ILookup<string, string> Lines(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => Line().Match(line))
        .Where(line => line.Success && !line.Value.Contains(LeftOut, StringComparison.Ordinal))
        .ToLookup(line => line.Groups["name"].Value, line => HostName().Replace(line.Groups["text"].Value, "$1=*"));

    // A comment with all of its text, or a sample without its value.
    [GeneratedRegex("""^(?<text># (?:HELP|TYPE) (?<name>\S+) .*|(?<name>[^{\s#]+)(?:\{.*\})?)(?= [^ ]+$|$)""")]
    private static partial Regex Line();

    [GeneratedRegex("(hostname)=\"[^\"]*\"", RegexOptions.IgnoreCase)]
    private static partial Regex HostName();
}
