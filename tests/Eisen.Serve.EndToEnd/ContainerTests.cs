using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Eisen.Serve.Testing;
using YamlDotNet.RepresentationModel;

namespace Eisen.Serve.EndToEnd;

/// <summary>What lies in <c>docker/</c> and <c>service/</c>, against the real program.</summary>
public sealed partial class ContainerTests : IDisposable
{
    private const string OwnKey = "a-key-of-the-operator";

    private static readonly string Folder = Path.Combine(Fixtures.RepositoryRoot, "docker");

    private readonly Workplace place = new();

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    [Fact]
    public async Task Dashboard_EveryMetricAndLabel_IsWhatTheServerShows()
    {
        place.Configure("metrics_mode=prometheus");
        place.StartWith(place.Pack("double"));
        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);
        string shown = await place.Metrics.GetStringAsync("metrics");
        HashSet<string> metrics = [.. Regex.Matches(shown, @"^# TYPE (\S+) (\S+)", RegexOptions.Multiline).SelectMany(type => NamesOf(type.Groups[1].Value, type.Groups[2].Value))];
        // Where there is no GPU, nothing shows the labels of its metrics.
        HashSet<string> labels = [.. Regex.Matches(shown, @"(\w+)=""").Select(label => label.Groups[1].Value), "DeviceId"];

        string[] expressions = [.. Expressions()];

        expressions.Length.ShouldBeGreaterThan(10);
        foreach (string expression in expressions)
        {
            // Prometheus' own, of its scrape.
            string asked = expression.Replace("""up{job="eisen-serve"}""", "1", StringComparison.Ordinal);
            foreach (Match label in LabelInAnExpression().Matches(asked))
                labels.ShouldContain(label.Value, expression);
            foreach (Match metric in Metric().Matches(BracketsAndGroups().Replace(asked, " ")))
                metrics.ShouldContain(metric.Value, expression);
        }
    }

    [Fact]
    public void Dashboard_EveryPanel_HasItsPlaceAndTheProvisionedSource()
    {
        using JsonDocument dashboard = Dashboard();
        YamlMappingNode source = (YamlMappingNode)Yaml("grafana/provisioning/datasources/prometheus.yaml")["datasources"][0];
        HashSet<(int X, int Y)> taken = [];
        foreach (JsonElement panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            panel.GetProperty("datasource").GetProperty("uid").GetString().ShouldBe(source["uid"].ToString());
            JsonElement place = panel.GetProperty("gridPos");
            (int x, int y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            (x + place.GetProperty("w").GetInt32()).ShouldBeLessThanOrEqualTo(24);
            for (int column = x; column < x + place.GetProperty("w").GetInt32(); column++)
            {
                for (int row = y; row < y + place.GetProperty("h").GetInt32(); row++)
                    taken.Add((column, row)).ShouldBeTrue($"'{panel.GetProperty("title")}' lies on another panel");
            }
        }
    }

    [Fact]
    public void Compose_EveryFileOfOurs_IsThereAndPublishesNoOtherListener()
    {
        YamlNode services = Yaml("compose.yaml")["services"];
        foreach (KeyValuePair<YamlNode, YamlNode> service in (YamlMappingNode)services)
        {
            foreach (YamlNode volume in (YamlSequenceNode)service.Value["volumes"])
            {
                string from = volume.ToString().Replace("${MODEL_STORE:-../model_zoo}", "../model_zoo", StringComparison.Ordinal).Split(':')[0];
                if (from.StartsWith('.'))
                    Path.Exists(Path.Combine(Folder, from)).ShouldBeTrue($"{service.Key}: {from}");
            }
        }

        ((YamlSequenceNode)services["eisen-serve"]["ports"]).Select(port => port.ToString()).ShouldBe(["127.0.0.1:8080:8080"]);
        services["eisen-serve"]["read_only"].ToString().ShouldBe("true");
        YamlNode scrape = Yaml("prometheus.yml")["scrape_configs"][0];
        scrape["job_name"].ToString().ShouldBe("eisen-serve");
        scrape["static_configs"][0]["targets"][0].ToString().ShouldBe("eisen-serve:8082");
        services["eisen-serve"]["environment"]["TS_METRICS_ADDRESS"].ToString().ShouldBe("http://0.0.0.0:8082");
    }

    [Fact]
    public async Task Configuration_OfTheImage_NeedsTokensAndKeepsManagementInside()
    {
        UseConfiguration("docker");

        CommandResult start = StartWithKey();

        start.ExitCode.ShouldBe(0, start.ToString());
        start.Output.ShouldContain($"inference   http://0.0.0.0:{place.InferencePort}\n  management  http://127.0.0.1:{place.ManagementPort}\n  metrics     http://127.0.0.1:{place.MetricsPort}\n");
        (await place.Inference.GetAsync("ping")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.BadRequest);
        place.Inference.DefaultRequestHeaders.Authorization = new("Bearer", OwnKey);
        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.Metrics.GetAsync("metrics")).StatusCode.ShouldBe(HttpStatusCode.OK, "nobody else reaches it");
    }

    [Fact]
    public async Task Configuration_OfTheImageWithMetricsForOthers_NeedsTheManagementToken()
    {
        UseConfiguration("docker");

        CommandResult start = StartWithKey($"TS_METRICS_ADDRESS=http://0.0.0.0:{place.MetricsPort}");

        start.ExitCode.ShouldBe(0, start.ToString());
        (await place.Metrics.GetAsync("metrics")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        place.Metrics.DefaultRequestHeaders.Authorization = new("Bearer", OwnKey);
        (await place.Metrics.GetStringAsync("metrics")).ShouldContain("eisen_model_state");
    }

    [Fact]
    public async Task Configuration_OfTheService_ServesThisMachine()
    {
        UseConfiguration("service");

        CommandResult start = place.Run("--start", "--ts-config", place.ConfigFile);

        start.ExitCode.ShouldBe(0, start.ToString());
        start.Output.ShouldContain("double 1.0: READY");
        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private void UseConfiguration(string folder)
    {
        place.Pack("double");
        File.WriteAllText(place.ConfigFile, File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, folder, "config.properties"))
            .Replace("/var/lib/eisen-serve/models", place.ModelStore, StringComparison.Ordinal)
            .Replace("/run/eisen-serve", place.Folder, StringComparison.Ordinal)
            .Replace("=http://0.0.0.0:8080", $"=http://0.0.0.0:{place.InferencePort}", StringComparison.Ordinal)
            .Replace("=http://127.0.0.1:8080", $"=http://127.0.0.1:{place.InferencePort}", StringComparison.Ordinal)
            .Replace("=http://127.0.0.1:8081", $"=http://127.0.0.1:{place.ManagementPort}", StringComparison.Ordinal)
            .Replace("=http://127.0.0.1:8082", $"=http://127.0.0.1:{place.MetricsPort}", StringComparison.Ordinal));
    }

    private CommandResult StartWithKey(params string[] variables) => place.RunCommand(
        "env", place.Folder, [$"EISEN_SERVE_INFERENCE_KEY={OwnKey}", $"EISEN_SERVE_MANAGEMENT_KEY={OwnKey}", .. variables, Workplace.Program, "--start", "--ts-config", place.ConfigFile]);

    private static IEnumerable<string> NamesOf(string metric, string type) => type == "histogram" ? [metric + "_bucket", metric + "_sum", metric + "_count"] : [metric];

    private static IEnumerable<string> Expressions()
    {
        using JsonDocument dashboard = Dashboard();
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static JsonDocument Dashboard() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "grafana/dashboards/eisen-serve.json")));

    private static YamlNode Yaml(string file)
    {
        YamlStream stream = [];
        using StreamReader text = File.OpenText(Path.Combine(Folder, file));
        stream.Load(text);
        return stream.Documents.ShouldHaveSingleItem().RootNode;
    }

    [GeneratedRegex(@"(?<=\{[^}]*?)\w+(?==)|(?<=by \([^)]*)\w+")]
    private static partial Regex LabelInAnExpression();

    // The labels' values, the ranges, and what is grouped by.
    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)")]
    private static partial Regex BracketsAndGroups();

    // A name that is no function's.
    [GeneratedRegex(@"\b[A-Za-z_]\w*\b(?! *\()")]
    private static partial Regex Metric();
}
