using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>What scenarios work with.</summary>
internal sealed class Workbench(Timing timing) : IDisposable
{
    private readonly string requests = Directory.CreateTempSubdirectory("eisen-serve-requests-").FullName;

    public Timing Timing => timing;

    /// <summary>The load generator of all measurements.</summary>
    public LoadGenerator Load { get; } = new();

    /// <summary>One more, for load that is only there beside what is measured.</summary>
    public LoadGenerator Background { get; } = new();

    /// <summary>Tells what is going on.</summary>
    public static void Say(string text) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    /// <summary>A file with a request or an answer; it goes with this.</summary>
    public string File(string name, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(requests, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A window of a closed loop.</summary>
    public Task<LoadResult> CloseLoopAsync(int port, Question question, int connections, double seconds, CancellationToken cancellationToken) =>
        Load.RunAsync(ClosedLoop(port, question, connections, seconds), cancellationToken);

    /// <summary>A closed loop's job.</summary>
    public LoadJob ClosedLoop(int port, Question question, int connections, double seconds) =>
        new() { Port = port, Question = question, Connections = connections, Seconds = seconds, RampSeconds = timing.RampSeconds };

    /// <summary>A window of an open loop.</summary>
    public Task<LoadResult> OpenLoopAsync(int port, Question question, double rate, int connections, double seconds, CancellationToken cancellationToken) =>
        Load.RunAsync(ClosedLoop(port, question, connections, seconds) with { Rate = rate }, cancellationToken);

    /// <summary>Runs windows of several sides in turn, so that what drifts in the machine meets all alike; every other round goes
    /// backwards, so that none is always the first.</summary>
    /// <returns>For each side, its windows.</returns>
    public static async Task<T[][]> InterleaveAsync<T>(int windows, params Func<Task<T>>[] sides)
    {
        T[][] results = [.. sides.Select(_ => new T[windows])];
        for (int window = 0; window < windows; window++)
        {
            for (int i = 0; i < sides.Length; i++)
            {
                int side = window % 2 == 0 ? i : sides.Length - 1 - i;
                results[side][window] = await sides[side]();
            }
        }

        return results;
    }

    /// <summary>A number of each window.</summary>
    public static Series Pick(LoadResult[] windows, Func<LoadResult, double> number) => new([.. windows.Select(number)]);

    public void Dispose()
    {
        Load.Dispose();
        Background.Dispose();
        Directory.Delete(requests, recursive: true);
    }
}
