using System.Net.Sockets;
using System.Runtime;
using System.Text.Json;

namespace Eisen.Serve.Benchmarks.Load;

/// <summary>The load generator's process: a job a line on standard input, its result a line on standard output.</summary>
internal static class LoadProgram
{
    public static int Run()
    {
        GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
        Dictionary<string, byte[]> files = [];
        while (Console.In.ReadLine() is { } line)
        {
            LoadJob job = JsonSerializer.Deserialize(line, BenchmarkJson.Default.LoadJob)!;
            Console.Out.WriteLine(JsonSerializer.Serialize(Run(job, files), BenchmarkJson.Default.LoadResult));
        }

        return 0;
    }

    private static LoadResult Run(LoadJob job, Dictionary<string, byte[]> files)
    {
        byte[] request = HttpConnection.Format(job.Question, Read(job.Question.BodyFile, files));
        AnswerCheck check = new(job.Question.Rule, Read(job.Question.AnswerFile, files));
        // What the last window left must not be collected in this one.
        GC.Collect();
        try
        {
            return job.Rate is null ? new ClosedLoop(job, request, check).Run() : new OpenLoop(job, request, check).Run();
        }
        catch (Exception failure) when (failure is ScenarioFailedException or SocketException)
        {
            return new LoadResult { Failure = failure.Message };
        }
    }

    private static byte[] Read(string file, Dictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(file, out byte[]? content))
            files[file] = content = File.ReadAllBytes(file);
        return content;
    }
}
