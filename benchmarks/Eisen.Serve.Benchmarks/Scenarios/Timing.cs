namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>How long things are measured.</summary>
/// <param name="Quick">Whether this is only to see that everything works.</param>
internal sealed record Timing(bool Quick)
{
    /// <summary>Windows of each side; never below three.</summary>
    public int Windows(int thorough) => Quick ? 3 : thorough;

    /// <summary>Seconds of a window.</summary>
    public double Seconds(double thorough) => Quick ? 0.4 : thorough;

    /// <summary>Seconds of load before each window.</summary>
    public double RampSeconds => Quick ? 0.1 : 0.2;

    /// <summary>Seconds of load after a process has started: time for its code to be compiled for speed.</summary>
    public double WarmUpSeconds => Quick ? 0.5 : 3;
}
