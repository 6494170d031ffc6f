using System.Text.RegularExpressions;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>The README's commands, run as they stand there.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public void Start_CommandsOfTheReadme_WorkAsWritten()
    {
        string readme = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "README.md"));
        string commands = ShellBlock().Matches(readme)[0].Groups["commands"].Value;
        commands.ShouldContain("./eisen-serve --start --model-store model_zoo --models digits.mar\n");

        // They use the default ports: in a network of their own, whatever runs on this machine is not in the way.
        bool isolated = place.RunCommand("unshare", "/", "--net", "true").ExitCode == 0;
        string script = $"set -e\n{(isolated ? "ip link set lo up 2>/dev/null || ifconfig lo up\n" : "")}{commands}";
        CommandResult result = isolated
            ? place.RunCommand("unshare", Fixtures.RepositoryRoot, "--net", "bash", "-c", script)
            : place.RunCommand("bash", Fixtures.RepositoryRoot, "-c", script);

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("digits 1.0: READY");
        result.Output.ShouldContain("{\n  \"7\": 0.9");
        result.Output.ShouldContain("\"modelName\": \"digits\"");
        result.Output.ShouldContain("has stopped");
    }

    [GeneratedRegex(@"```sh\n(?<commands>.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}
