namespace Eisen.Serve.Benchmarks.Results;

/// <summary>A result: what the server did, beside what the same machine does at that moment without it.</summary>
internal sealed record Figure
{
    /// <summary>The scenario, for example <c>overhead</c>.</summary>
    public required string Scenario { get; init; }

    /// <summary>What was measured, for example <c>requests per second, 8 connections</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The unit of the values.</summary>
    public required string Unit { get; init; }

    /// <summary>The server's values.</summary>
    public required Series Server { get; init; }

    /// <summary>What the limit is, for example <c>bare host</c>; null when there is none.</summary>
    public string? LimitName { get; init; }

    /// <summary>The limit's values, window by window beside the server's.</summary>
    public Series? Limit { get; init; }

    /// <summary>What it is held against.</summary>
    public Target? Target { get; init; }

    /// <summary>Server by limit, of windows that were measured side by side.</summary>
    public Series? Ratio => Limit is null ? null : Server.With(Limit, (server, limit) => server / limit);

    /// <summary>How it stands to its target.</summary>
    public Verdict Verdict
    {
        get
        {
            if (Target is null)
                return Verdict.None;
            Series measured = Server.With(Limit ?? Server, Target.Measure);
            return Target.IsMetBy(measured.Median) ? Verdict.Pass : measured.Windows.Any(Target.IsMetBy) ? Verdict.Unclear : Verdict.Fail;
        }
    }
}
