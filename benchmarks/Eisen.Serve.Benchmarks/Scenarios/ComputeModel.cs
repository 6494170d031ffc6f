using System.Text;
using System.Text.Json;
using Eisen.Serve.Benchmarks.Limits;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Results;

namespace Eisen.Serve.Benchmarks.Scenarios;

/// <summary>A model that takes real computing, as make_models.py packs it for several numbers of workers and batch sizes.</summary>
/// <param name="Name">Its file name, before the numbers.</param>
/// <param name="Question">What the server is asked.</param>
/// <param name="TensorShape">The shape of the body's tensor, or null for a picture.</param>
/// <param name="BestClass">The right class of the picture.</param>
internal sealed record ComputeModel(string Name, Question Question, long[]? TensorShape, int BestClass)
{
    /// <summary>The path of every model here.</summary>
    public const string Path = "/predictions/model";

    /// <summary>ResNet-18 on a JPEG picture of 640 x 480.</summary>
    public static ComputeModel ResNet(Workbench bench)
    {
        int best = Describe("best").GetInt32();
        Question question = new()
        {
            Path = Path,
            BodyFile = In("picture.jpg"),
            Headers = new() { ["Content-Type"] = "image/jpeg" },
            Rule = AnswerRule.BeginsWith,
            AnswerFile = bench.File("resnet18.answer", Encoding.ASCII.GetBytes($"{{\n  \"class_{best}\": ")),
        };
        return new ComputeModel("resnet18", question, null, best);
    }

    /// <summary>Two layers of a transformer encoder, on a tensor.</summary>
    public static ComputeModel Encoder(Workbench bench)
    {
        long[] shape = [1, 128, 256];
        Question question = BytesScenario.TensorQuestion(Path, shape, In("encoder.input"), In("encoder.output"), AnswerRule.FloatsNear);
        return new ComputeModel("encoder", question, shape, 0);
    }

    /// <summary>ResNet-18's weights, in bytes.</summary>
    public static long ResNetWeightBytes => Describe("weightBytes").GetInt64();

    /// <summary>The input and output of ResNet-18's largest layer, in bytes.</summary>
    public static long ResNetActivationBytes => Describe("activationBytes").GetInt64();

    /// <summary>The argument that makes the server load it under the name that the path has.</summary>
    public string Load(int workers, int batch) => $"model={Name}-{workers}x{batch}.mar";

    /// <summary>The bare loop of as many lanes.</summary>
    public ComputeSetup Setup(int lanes) => new()
    {
        Module = In(Name + ".pt"),
        Question = Question,
        TensorShape = TensorShape,
        BestClass = BestClass,
        Lanes = lanes,
        IntraOpThreads = Math.Max(1, Machine.Current.PhysicalCores / lanes),
    };

    private static string In(string name) => System.IO.Path.Combine(BenchmarkFolders.Models, name);

    private static JsonElement Describe(string property) => JsonDocument.Parse(File.ReadAllBytes(In("resnet18.json"))).RootElement.GetProperty(property);
}
