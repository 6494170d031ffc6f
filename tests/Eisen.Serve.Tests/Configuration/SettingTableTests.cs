using System.Text.Json;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Configuration;

[Collection(EnvironmentCollection.Name)]
public sealed class SettingTableTests
{
    private static string Docs => Path.Combine(Fixtures.RepositoryRoot, "docs");

    [Fact]
    public void All_Keys_AreThereOnce() => SettingTable.All.Select(setting => setting.Key).ShouldBeUnique();

    [Fact]
    public void All_KeysThatAct_AreRead()
    {
        SettingsReader.Read(new ServerOptions { NoConfigSnapshots = true }, out IReadOnlySet<string> read);

        read.Order().ShouldBe(SettingTable.All.Where(setting => setting.Use == SettingUse.Acts).Select(setting => setting.Key).Order());
    }

    [Fact]
    public void All_Defaults_AreWhatHoldsWhenNothingIsSaid()
    {
        using TemporaryFolder folder = new();
        // Files and folders have no defaults; JSON has none either.
        string text = string.Join('\n', SettingTable.All.Where(setting => setting.Default is not null && !setting.OnlyInFile).Select(setting => $"{setting.Key}={setting.Default}"));
        ServerSettings nothing = SettingsReader.Read(new ServerOptions { ConfigFile = folder.File("nothing.properties") });

        ServerSettings defaults = SettingsReader.Read(new ServerOptions { ConfigFile = folder.File("defaults.properties", text) });

        defaults.Warnings.ShouldBeEmpty();
        JsonSerializer.Serialize(Comparable(defaults)).ShouldBe(JsonSerializer.Serialize(Comparable(nothing)));
    }

    [Fact]
    public void Markdown_Page_IsInStep() =>
        File.ReadAllText(Path.Combine(Docs, "configuration.md")).ShouldContain(SettingText.Markdown(), Case.Sensitive, "eisen-serve config keys prints the table that docs/configuration.md should have");

    [Fact]
    public void Schema_File_IsInStep()
    {
        File.ReadAllText(Path.Combine(Docs, "settings.schema.json")).ShouldBe(SettingText.Schema(), "eisen-serve config schema prints what docs/settings.schema.json should have");
        JsonDocument.Parse(SettingText.Schema()).RootElement.GetProperty("properties").GetProperty("job_queue_size").GetProperty("maximum").GetInt32().ShouldBe(1_000_000);
    }

    // Addresses serialize with what depends on their family, and what was said is what differs.
    private static object Comparable(ServerSettings settings) => new
    {
        Addresses = settings.Listeners.Select(listener => listener.Address.ToString()).Append(settings.Metrics.Address.ToString()),
        settings.Cors,
        Access = settings.Access.ToString(),
        Python = settings.Python.ToString(),
        Metrics = settings.Metrics.ToString(),
        Log = settings.Log.ToString(),
        Rest = (settings with { ConfigFile = null, Said = new Dictionary<string, SettingValue>(), Access = new(), Metrics = new(), Log = new(), Warnings = [] }).ToString(),
    };
}
