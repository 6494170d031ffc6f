namespace Eisen.Serve.Archive.Tests;

public sealed class ModelNamesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("My-model_1.2", true)]
    [InlineData("_", true)]
    [InlineData("-", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData(".a", false)]
    [InlineData("a..b", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("a\\b", false)]
    [InlineData("a\n", false)]
    [InlineData("a%2f", false)]
    [InlineData("caf\u00e9", false)]
    public void FaultIn_Name_IsNoneForLettersDigitsAndThreeSigns(string name, bool isRight) => (ModelNames.FaultIn(name) is null).ShouldBe(isRight);

    [Fact]
    public void FaultIn_Length_IsBounded()
    {
        ModelNames.FaultIn(new string('a', 128)).ShouldBeNull();
        ModelNames.FaultIn(new string('a', 129)).ShouldNotBeNull();
    }

    [Fact]
    public void FaultIn_WrongName_SaysWhatWouldBeRight() =>
        ModelNames.FaultIn("../m").ShouldBe("'../m' cannot be a model's name; letters, digits, '-', '_' and single dots can, at most 128, and no dot first");
}
