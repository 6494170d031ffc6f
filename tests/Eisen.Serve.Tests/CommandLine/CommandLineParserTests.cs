using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Tests.CommandLine;

public sealed class CommandLineParserTests
{
    [Fact]
    public void Parse_EveryOption_IsRead()
    {
        ServerOptions options = Parse("--start --foreground --strict --ncs --dt --enable-model-api --ts-config c.properties --model-store store --models a.mar b=c.mar");

        options.Start.ShouldBeTrue();
        options.Stop.ShouldBeFalse();
        options.Foreground.ShouldBeTrue();
        options.Strict.ShouldBeTrue();
        options.NoConfigSnapshots.ShouldBeTrue();
        options.DisableTokenAuth.ShouldBeTrue();
        options.EnableModelApi.ShouldBeTrue();
        options.Question.ShouldBe(ConfigQuestion.None);
        options.ConfigFile.ShouldBe("c.properties");
        options.ModelStore.ShouldBe("store");
        options.Models.ShouldBe(["a.mar", "b=c.mar"]);
    }

    [Fact]
    public void Parse_Nothing_LeavesAllOpen() => (Parse("") with { WithoutMeaning = [] }).ShouldBe(new ServerOptions());

    [Fact]
    public void Parse_Stop_IsRead() => Parse("--stop").Stop.ShouldBeTrue();

    [Fact]
    public void Parse_TorchServesOptionsWithoutMeaning_AreAccepted() =>
        Parse("--start --log-config log4j2.xml --cpp-log-config cpp.xml --workflow-store store --ppath plugins").WithoutMeaning
            .ShouldBe(["--log-config", "--cpp-log-config", "--workflow-store", "--plugins-path"]);

    [Theory]
    [InlineData("print")]
    [InlineData("schema")]
    [InlineData("keys")]
    public void Parse_Config_IsAQuestion(string question) => Parse($"config {question}").Question.ToString().ToLowerInvariant().ShouldBe(question);

    [Fact]
    public void Parse_ConfigPrint_TakesTheOptionsOfAStart()
    {
        ServerOptions options = Parse("config print --ts-config c.properties --model-store store --models a.mar --ncs");

        (options.Question, options.ConfigFile, options.ModelStore, options.NoConfigSnapshots).ShouldBe((ConfigQuestion.Print, "c.properties", "store", true));
        options.Models.ShouldBe(["a.mar"]);
    }

    [Theory]
    [InlineData("--models a.mar b.mar --start")]
    [InlineData("--start --models a.mar --models b.mar")]
    [InlineData("--models=a.mar --models=b.mar")]
    public void Parse_Models_InAnyOrder(string line) => Parse(line).Models.ShouldBe(["a.mar", "b.mar"]);

    [Theory]
    [InlineData("--strat", "unknown option '--strat'; did you mean '--start'?")]
    [InlineData("--start --modle-store store", "unknown option '--modle-store'; did you mean '--model-store'?")]
    [InlineData("--models a.mar --strict2", "unknown option '--strict2'; did you mean '--strict'?")]
    [InlineData("--models --foregrund", "unknown option '--foregrund'; did you mean '--foreground'?")]
    [InlineData("--start -x", "unknown option '-x'")]
    [InlineData("--start --completely-different", "unknown option '--completely-different'")]
    [InlineData("start", "'start' belongs to no option; did you mean '--start'?")]
    [InlineData("config", "say config print, config schema or config keys")]
    [InlineData("config prnt", "'prnt' belongs to no option")]
    [InlineData("config print --ts-confg x", "unknown option '--ts-confg'; did you mean '--ts-config'?")]
    [InlineData("--start digits.mar", "'digits.mar' belongs to no option")]
    public void Parse_Unknown_NamesTheNearest(string line, string message) => Mistake(line).ShouldBe(message);

    [Theory]
    [InlineData("--models", "--models")]
    [InlineData("--ts-config", "--ts-config")]
    [InlineData("--start --model-store", "--model-store")]
    [InlineData("--model-store a --model-store b", "--model-store")]
    public void Parse_ValueMissingOrTwice_NamesTheOption(string line, string option) => Mistake(line).ShouldContain(option);

    private static ServerOptions Parse(string line)
    {
        ServerOptions? options = CommandLineParser.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), out int exitCode);
        exitCode.ShouldBe(0);
        return options.ShouldNotBeNull();
    }

    private static string Mistake(string line) => Should.Throw<UserMistakeException>(() => Parse(line)).Message;
}
