using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;

namespace Eisen.Serve.Tests.Configuration;

[Collection(EnvironmentCollection.Name)]
public sealed class ConfigAnswerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly StringWriter output = new();
    private readonly StringWriter errors = new();

    [Fact]
    public void Write_Print_ShowsEveryValueAndItsOrigin()
    {
        string file = folder.File("c.properties", "job_queue_size=7\nenable_model_api=false");

        Print(file).ShouldBe(0);

        string[] lines = output.ToString().Split(Environment.NewLine);
        Line(lines, "job_queue_size").ShouldBe(["7", $"{file}:1"]);
        Line(lines, "enable_model_api").ShouldBe(["true", "--enable-model-api"]);
        Line(lines, "inference_address").ShouldBe(["http://127.0.0.1:8080", "default"]);
        foreach (Setting setting in SettingTable.All.Where(setting => setting.Use == SettingUse.Acts))
            lines.ShouldContain(line => line.StartsWith($"{setting.Key} ", StringComparison.Ordinal));
        errors.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void Write_Secrets_AreMasked()
    {
        using EnvironmentVariables _ = new(("EISEN_SERVE_INFERENCE_KEY", "a-secret-of-the-environment"));

        Print(folder.File("c.properties", "keystore_pass=a-secret-of-the-file")).ShouldBe(0);

        output.ToString().ShouldNotContain("a-secret");
        Line(output.ToString().Split(Environment.NewLine), "keystore_pass")[0].ShouldBe("***");
        Line(output.ToString().Split(Environment.NewLine), "EISEN_SERVE_INFERENCE_KEY").ShouldBe(["***", "environment"]);
    }

    [Fact]
    public void Write_Mistakes_AreToldAfterTheValues()
    {
        Print(folder.File("c.properties", "job_queue_size=many\nvmarg=-X")).ShouldBe(1);

        output.ToString().ShouldContain("many");
        errors.ToString().ShouldContain("c.properties:1: job_queue_size must be a whole number");
        errors.ToString().ShouldContain("c.properties:2: 'vmarg' is not known and is ignored; did you mean 'vmargs'?");
    }

    [Fact]
    public void Write_KeysThatAreNotKnown_AreToldWithTheNearest()
    {
        Print(folder.File("c.properties", "job_queue_sizes=7\nmodels={\"m\": {\"1.0\": {\"batchsize\": 2}, \"2.0\": {\"batchsize\": 2}}}")).ShouldBe(0);

        string[] told = errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        told.Length.ShouldBe(2);
        told[0].ShouldEndWith("c.properties:1: 'job_queue_sizes' is not known and is ignored; did you mean 'job_queue_size'?");
        told[1].ShouldEndWith("c.properties:2: models: 'batchsize' of 'm 1.0' is not known and is ignored; did you mean 'batchSize'?");
    }

    [Fact]
    public void Write_ValueWithControlCharacters_StaysOnItsLine()
    {
        Print(folder.File("c.properties", "cors_allowed_origin=a\\nb\\u001b[2J"));

        output.ToString().ShouldContain("a b\\u001B[2J");
    }

    public void Dispose() => folder.Dispose();

    private int Print(string file) =>
        ConfigAnswer.Write(new ServerOptions { Question = ConfigQuestion.Print, ConfigFile = file, EnableModelApi = true }, output, errors);

    private static string[] Line(string[] lines, string key) =>
        lines.Single(line => line.StartsWith($"{key} ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
}
