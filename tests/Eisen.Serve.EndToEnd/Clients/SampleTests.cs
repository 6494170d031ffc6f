using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>The samples, run as their README says; all get the same numbers.</summary>
public sealed partial class SampleTests(SampleServer server) : IClassFixture<SampleServer>
{
    private static readonly string Samples = Path.Combine(Fixtures.RepositoryRoot, "samples");
    private static readonly string Model = Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "tabular-risk");

    [Fact]
    public void EisenClient_TabularRisk_GetsTheRisks() =>
        RequireRisks(Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", "EisenClient", new DirectoryInfo(AppContext.BaseDirectory).Name, "EisenClient"));

    [Fact]
    public void PythonsRequests_TabularRisk_GetsTheRisks() => RequireRisks("/usr/bin/python3", Path.Combine(Samples, "python", "ask.py"));

    [RuntimeFact("/usr/bin/python3", "-c", "import eisen_deploy")]
    public void OriginalClient_TabularRisk_GetsTheRisks() => RequireRisks("/usr/bin/python3", Path.Combine(Samples, "python", "ask_with_eisen_deploy.py"));

    [Fact]
    public void Curl_TabularRisk_GetsTheRisks() => RequireRisks(Path.Combine(Samples, "curl", "ask.sh"));

    [RuntimeFact("npm", "--version")]
    public void Axios_TabularRisk_GetsTheRisks()
    {
        string copy = Directory.CreateDirectory(Path.Combine(server.Place.Folder, "axios")).FullName;
        foreach (string file in new[] { "ask.mjs", "package.json", "package-lock.json" })
            File.Copy(Path.Combine(Samples, "axios", file), Path.Combine(copy, file));
        CommandResult installed = server.Place.RunCommand("npm", copy, "ci", "--no-audit", "--no-fund");
        installed.ExitCode.ShouldBe(0, $"npm could not install axios; can its registry be reached?\n{installed}");

        RequireRisks("node", Path.Combine(copy, "ask.mjs"));
    }

    // The metadata comes first and names the inputs; then come the risks of the sample's two patients.
    private void RequireRisks(string command, params string[] args)
    {
        CommandResult result = server.Place.RunCommand(command, "/", [.. args, server.Address, Path.Combine(Model, "sample.json")]);

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("spreads");
        using JsonDocument heldOut = JsonDocument.Parse(File.ReadAllText(Path.Combine(Model, "heldout.json")));
        JsonElement risks = heldOut.RootElement.GetProperty("outputs").GetProperty("risk");
        Match found = Risks().Match(result.Output);
        found.Success.ShouldBeTrue(result.Output);
        for (int patient = 0; patient < 2; patient++)
            double.Parse(found.Groups[patient + 1].Value, CultureInfo.InvariantCulture).ShouldBe(risks[patient][0].GetDouble(), 1e-6);
    }

    [GeneratedRegex(@"risk\W[^.]*(0\.\d+)[^.]*(0\.\d+)")]
    private static partial Regex Risks();
}
