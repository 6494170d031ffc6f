namespace Eisen.Serve.Conformance;

/// <summary>A difference on purpose.</summary>
/// <param name="What">What it is about.</param>
/// <param name="Here">What we answer.</param>
/// <param name="Why">The reason.</param>
/// <param name="At">The places at which the answers differ. <c>body</c> stands for everything in it.</param>
/// <param name="Cases">The recorded cases that show it, each at all of these places.</param>
/// <param name="Status">Our status for each of them, where it is not TorchServe's.</param>
/// <param name="Type">The type of our error, where it is one.</param>
internal sealed record ListedDifference(
    string What, string Here, string Why, IReadOnlyList<string> At, IReadOnlyList<string> Cases, int? Status = null, string? Type = null)
{
    /// <summary>Whether it covers a difference in one of its cases.</summary>
    public bool Covers(AnswerDifference difference) => At.Any(place => IsAt(place, difference));

    /// <summary>The places at which these differences show nothing of it.</summary>
    public IEnumerable<string> PlacesWithout(IReadOnlyList<AnswerDifference> differences) => At.Where(place => !differences.Any(difference => IsAt(place, difference)));

    private static bool IsAt(string place, AnswerDifference difference) =>
        difference.Place == place || (difference.Place.StartsWith(place, StringComparison.Ordinal) && difference.Place[place.Length] is ' ' or '.' or '[');
}
