using System.Runtime.InteropServices;
using System.Text;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>What large bodies cost: a tensor of 16 MiB to a model that returns it, as raw bytes both ways.</summary>
internal sealed class BytesScenario : IScenario
{
    private const int Length = 16 << 20;
    private const double MostRatio = 1.25;

    public string Name => "bytes";

    public async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, CancellationToken cancellationToken)
    {
        using BareHostProcess host = await BareHostProcess.StartAsync(cancellationToken);
        await using ServerProcess server = await ServerProcess.StartAsync(cancellationToken, "tensor=identity-tensor.mar");
        string file = bench.File("16mib", MakeBody());
        Question toServer = TensorQuestion("/predictions/tensor", [1, Length / sizeof(float)], file, file, AnswerRule.Equal);
        Question toHost = toServer with { Path = "/echo" };
        RequireTensorHeaders(server.Port, toServer);

        await bench.CloseLoopAsync(host.Port, toHost, 1, bench.Timing.WarmUpSeconds, cancellationToken);
        await bench.CloseLoopAsync(server.Port, toServer, 1, bench.Timing.WarmUpSeconds, cancellationToken);
        double seconds = bench.Timing.Seconds(1.5);
        LoadResult[][] sides = await Workbench.InterleaveAsync(
            bench.Timing.Windows(5),
            () => bench.CloseLoopAsync(host.Port, toHost, 1, seconds, cancellationToken),
            () => bench.CloseLoopAsync(server.Port, toServer, 1, seconds, cancellationToken));
        return
        [
            new Figure
            {
                Scenario = Name,
                Name = "median latency, 16 MiB in and out",
                Unit = "ms",
                LimitName = "bare echo",
                Limit = Workbench.Pick(sides[0], result => result.Median / 1000),
                Server = Workbench.Pick(sides[1], result => result.Median / 1000),
                Target = new Target(Target.Comparison.RatioAtMost, MostRatio),
            },
        ];
    }

    /// <summary>A question whose body is a float32 tensor's bytes, and its answer too.</summary>
    public static Question TensorQuestion(string path, long[] shape, string bodyFile, string answerFile, AnswerRule rule) => new()
    {
        Path = path,
        BodyFile = bodyFile,
        Headers = new() { ["Content-Type"] = "application/octet-stream", ["X-Tensor-Dtype"] = "float32", ["X-Tensor-Shape"] = string.Join(',', shape) },
        Rule = rule,
        AnswerFile = answerFile,
    };

    /// <summary>Asks once, and looks at what says how to read the answer.</summary>
    /// <exception cref="ScenarioFailedException">A header is missing or wrong.</exception>
    public static void RequireTensorHeaders(int port, Question question)
    {
        using HttpConnection connection = new(port);
        connection.Exchange(HttpConnection.Format(question, File.ReadAllBytes(question.BodyFile)));
        new AnswerCheck(question.Rule, File.ReadAllBytes(question.AnswerFile)).Require(connection.Status, connection.Body);
        foreach (string name in new[] { "X-Tensor-Dtype", "X-Tensor-Shape" })
        {
            bool isThere = connection.FindHeader(Encoding.ASCII.GetBytes(name), out ReadOnlySpan<byte> text);
            string value = isThere ? Encoding.ASCII.GetString(text).Replace(" ", "") : "";
            if (value != question.Headers[name])
                throw new ScenarioFailedException($"the answer's {name} is '{value}', not '{question.Headers[name]}'");
        }
    }

    private static byte[] MakeBody()
    {
        Random random = new(1);
        float[] numbers = new float[Length / sizeof(float)];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = random.NextSingle();
        return MemoryMarshal.AsBytes<float>(numbers).ToArray();
    }
}
