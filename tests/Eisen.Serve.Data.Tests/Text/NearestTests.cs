namespace Eisen.Serve.Data.Tests.Text;

public sealed class NearestTests
{
    private static readonly string[] Names = ["--start", "--stop", "--strict"];

    [Theory]
    [InlineData("--start", "; did you mean '--start'?")]
    [InlineData("--STRAT", "; did you mean '--start'?")]
    [InlineData("--stopp", "; did you mean '--stop'?")]
    [InlineData("--strct", "; did you mean '--strict'?")]
    [InlineData("--unrelated", "")]
    [InlineData("", "")]
    public void DidYouMean_Given_NamesOneThatIsNear(string given, string expected) => Nearest.DidYouMean(given, Names).ShouldBe(expected);

    [Theory]
    [InlineData("--starts", 1, "--start")]
    [InlineData("--Start", 0, "--start")]
    [InlineData("--starting", 2, null)]
    public void Find_MostChanges_FindsNoneThatIsFarther(string given, int mostChanges, string? expected) => Nearest.Find(given, Names, mostChanges).ShouldBe(expected);

    [Fact]
    public void DidYouMean_NoCandidates_SaysNothing() => Nearest.DidYouMean("x", []).ShouldBe("");
}
