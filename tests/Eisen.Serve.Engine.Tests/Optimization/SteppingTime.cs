namespace Eisen.Serve.Engine.Tests.Optimization;

/// <summary>A clock that the thing that is measured moves.</summary>
internal sealed class SteppingTime : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public void Pass(TimeSpan duration) => ticks += duration.Ticks;
}
