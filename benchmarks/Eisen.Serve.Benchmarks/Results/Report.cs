using System.Text.Json;
using System.Text.Json.Serialization;

namespace Eisen.Serve.Benchmarks.Results;

/// <summary>A run's results.</summary>
internal sealed record Report
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether the windows were too short for the numbers to mean much.</summary>
    public required bool Quick { get; init; }

    /// <summary>What it ran on.</summary>
    public required Machine Machine { get; init; }

    /// <summary>The share of the processors, 0 to 1, that other programs took during the run.</summary>
    public required double TakenByOthers { get; init; }

    /// <summary>The figures.</summary>
    public required IReadOnlyList<Figure> Figures { get; init; }

    /// <summary>The scenarios that gave no figures, with the reason.</summary>
    public required IReadOnlyDictionary<string, string> Failures { get; init; }

    /// <summary>Writes results.json, results.md and results.svg.</summary>
    /// <returns>The table.</returns>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        string table = MarkdownTable.Write(this);
        File.WriteAllText(Path.Combine(folder, "results.json"), JsonSerializer.Serialize(this, ReportJson.Default.Report));
        File.WriteAllText(Path.Combine(folder, "results.md"), table);
        File.WriteAllText(Path.Combine(folder, "results.svg"), SvgChart.Write(this));
        return table;
    }
}

/// <summary>The form of results.json.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
