using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Envelopes;
using Eisen.Serve.Handlers.Tests.BuiltIn;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.Envelopes;

/// <summary>The recorded answers of a TorchServe's envelopes are replayed with its Python handlers; here the same forms with built-in ones.</summary>
public sealed class EnvelopedHandlerTests
{
    [Fact]
    public void Json_Instances_AnswersOnOneLineAsTorchServe() =>
        Ask(EnvelopeKind.Json, """{"instances": [[1,2], [3,4]]}""").Text().ShouldBe("{\"predictions\": [[2.0, 4.0], [6.0, 8.0]]}");

    [Fact]
    public void KServe_Instances_AnswersIndentedAsTorchServe() =>
        Ask(EnvelopeKind.KServe, """{"instances": [{"data": [1,2]}, {"data": [3,4]}]}""").Text()
            .ShouldBe("{\n  \"predictions\": [\n    [\n      2.0,\n      4.0\n    ],\n    [\n      6.0,\n      8.0\n    ]\n  ]\n}");

    [Fact]
    public void KServeV2_Inputs_AnswersAsTorchServe() =>
        Ask(EnvelopeKind.KServeV2, """{"id": "abc", "inputs": [{"name": "input-0", "shape": [4], "datatype": "FP32", "data": [1,2,3,4]}]}""").Text()
            .ShouldBe("{\n  \"id\": \"abc\",\n  \"model_name\": \"model\",\n  \"model_version\": \"1.0\",\n  \"outputs\": [\n    {\n      \"name\": \"input-0\",\n      \"datatype\": \"FP64\",\n      \"data\": [\n        2.0,\n        4.0,\n        6.0,\n        8.0\n      ],\n      \"shape\": [\n        4\n      ]\n    }\n  ]\n}");

    [Fact]
    public void KServeV2_TwoInputsOfOtherShapes_AreNestedAndAnsweredEach()
    {
        using IScriptModule strided = Modules.LoadFixture("identity");
        IModelHandler handler = BuiltInHandlers.Create("tensor", Modules.Context(), EnvelopeKind.KServeV2);

        string answer = handler.Handle(
            [Modules.Request("""{"inputs": [{"name": "a", "shape": [2,2], "datatype": "INT64", "data": [1,2,3,4]}, {"name": "b", "shape": [1], "datatype": "BOOL", "data": [true]}]}""")],
            strided, CancellationToken.None).Single().Text();

        using JsonDocument json = JsonDocument.Parse(answer);
        JsonElement[] outputs = [.. json.RootElement.GetProperty("outputs").EnumerateArray()];
        outputs.Select(output => output.GetProperty("datatype").GetString()).ShouldBe(["INT64", "BOOL"]);
        outputs[0].GetProperty("data").EnumerateArray().Select(number => number.GetInt32()).ShouldBe([1, 2, 3, 4]);
        outputs[1].GetProperty("name").GetString().ShouldBe("b");
    }

    [Theory]
    [InlineData(EnvelopeKind.Json)]
    [InlineData(EnvelopeKind.KServe)]
    public void Instances_PicturesInBase64_AreClassified(EnvelopeKind kind)
    {
        using IScriptModule resnet = Modules.Load(Fixtures.PathOf("resnet/resnet18.pt"));
        byte[] picture = TorchServeFixtures.Picture("rgb.png");
        string base64 = Convert.ToBase64String(picture);
        string plain = Handler(EnvelopeKind.None).Handle([Modules.Request(picture)], resnet, CancellationToken.None).Single().Text();

        string answer = Handler(kind).Handle(
            [Modules.Request($$$"""{"instances": [{"data": {"b64": "{{{base64}}}"}}, {"b64": "{{{base64}}}"}, {"data": "{{{base64}}}"}]}""")], resnet, CancellationToken.None).Single().Text();

        using JsonDocument json = JsonDocument.Parse(answer);
        using JsonDocument wanted = JsonDocument.Parse(plain);
        JsonElement[] predictions = [.. json.RootElement.GetProperty("predictions").EnumerateArray()];
        predictions.Length.ShouldBe(3);
        foreach (JsonElement prediction in predictions)
            prediction.EnumerateObject().Select(score => score.Name).ShouldBe(wanted.RootElement.EnumerateObject().Select(score => score.Name));

        static IModelHandler Handler(EnvelopeKind kind) => BuiltInHandlers.Create("image_classifier", Modules.Context("{}", Fixtures.PathOf("resnet")), kind);
    }

    [Fact]
    public void Handle_BatchOfRequests_GivesEachItsOwnAndOneFailsAlone()
    {
        CountedModule module = new("double");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context(), EnvelopeKind.Json);

        IReadOnlyList<HandlerAnswer> answers = handler.Handle(
            [Modules.Request("""{"instances": [[1], [2]]}"""), Modules.Request("""{"instances": [[3], "x"]}"""), Modules.Request("""{"instances": [[4]]}"""), Modules.Request("zzz")],
            module, CancellationToken.None);

        module.Inputs.ShouldBe(["float32[4, 1]"]);
        answers[0].Text().ShouldBe("{\"predictions\": [[2.0], [4.0]]}");
        answers[1].Error.ShouldBe(PredictionError.BadInput);
        answers[2].Text().ShouldBe("{\"predictions\": [[8.0]]}");
        answers[3].Message.ShouldStartWith("the body is not JSON");
    }

    [Theory]
    [InlineData(EnvelopeKind.Json, """{"x": 1}""", "the body must be {\"instances\": [...]}")]
    [InlineData(EnvelopeKind.Json, """{"instances": []}""", "the request has no instances")]
    [InlineData(EnvelopeKind.KServe, """{"instances": 1}""", "the JSON must be a list here, not '1'")]
    [InlineData(EnvelopeKind.KServe, """[1]""", "the JSON must be an object here")]
    [InlineData(EnvelopeKind.KServeV2, """{"a": 1}""", "the body must be {\"inputs\": [...]}")]
    [InlineData(EnvelopeKind.KServeV2, """{"inputs": [{"name": "a", "shape": [3], "datatype": "FP32", "data": [1,2,3,4]}]}""", "input 'a' has 4 numbers, which do not fit the shape [3]")]
    [InlineData(EnvelopeKind.KServeV2, """{"inputs": [{"name": "a", "shape": [4000000000,4], "datatype": "FP32", "data": [1]}]}""", "an input's 'shape' must be a list of whole numbers from 0")]
    [InlineData(EnvelopeKind.KServeV2, """{"inputs": [{"shape": [1], "datatype": "FP32", "data": [1]}]}""", "an input has no 'name'")]
    public void Handle_AnythingElse_SaysWhatIsWrong(EnvelopeKind kind, string body, string message)
    {
        HandlerAnswer answer = Ask(kind, body);

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldStartWith(message);
    }

    [Fact]
    public void Handle_MoreInstancesThanMayBe_IsRefused() =>
        Ask(EnvelopeKind.Json, $"{{\"instances\": [{string.Join(',', Enumerable.Repeat('1', 10_001))}]}}").Message.ShouldBe("a JSON list has more than 10000 items");

    [Fact]
    public void Handle_ManyInstances_GoesToTheHandlerInSlices()
    {
        CountedModule module = new("double");

        using HandlerAnswer answer = BuiltInHandlers.Create("base_handler", Modules.Context(), EnvelopeKind.Json).Handle([Modules.Request(Many(70))], module, CancellationToken.None).Single();

        module.Inputs.ShouldBe(["float32[32, 1]", "float32[32, 1]", "float32[6, 1]"]);
        answer.Text().ShouldBe($"{{\"predictions\": [{string.Join(", ", Enumerable.Range(0, 70).Select(i => $"[{2 * i}.0]"))}]}}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Handle_SecondSliceThrowsOrCallerGoes_DisposesAllAndAsksNoFurther(bool throws)
    {
        using CancellationTokenSource gone = new();
        int calls = 0;
        int decoded = 0;
        int answers = 0;
        EnvelopedHandler handler = new(new Scripted(batch =>
        {
            decoded.ShouldBe(0);
            if (++calls == 2 && throws)
                throw new TimeoutException();
            if (calls == 2)
                gone.Cancel();
            return [.. batch.Select(request =>
            {
                decoded++;
                answers++;
                request.Decoded = new Disposal(() => decoded--);
                return HandlerAnswer.Success("1"u8.ToArray(), memory: new Disposal(() => answers--));
            })];
        }), EnvelopeKind.Json, Modules.Context());
        using CountedModule module = new("double");

        Exception failure = Should.Throw<Exception>(() => handler.Handle([Modules.Request(Many(70))], module, gone.Token));

        failure.ShouldBeOfType(throws ? typeof(TimeoutException) : typeof(OperationCanceledException));
        (calls, decoded, answers).ShouldBe((2, 0, 0));
    }

    [Theory]
    [InlineData(EnvelopeKind.Json)]
    [InlineData(EnvelopeKind.KServe)]
    public void Handle_NpyInstanceForTensor_IsAnsweredInJson(EnvelopeKind kind)
    {
        byte[] npy = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. System.Text.Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".PadRight(117) + "\n"), .. BitConverter.GetBytes(3f)];
        using IScriptModule module = Modules.LoadFixture("double");

        using HandlerAnswer answer = BuiltInHandlers.Create("tensor", Modules.Context(), kind)
            .Handle([Modules.Request($$"""{"instances": [{"b64": "{{Convert.ToBase64String(npy)}}"}]}""")], module, CancellationToken.None).Single();

        using JsonDocument json = JsonDocument.Parse(answer.Text());
        json.RootElement.GetProperty("predictions")[0][0].GetDouble().ShouldBe(6);
    }

    [Theory]
    [InlineData(EnvelopeKind.Json)]
    [InlineData(EnvelopeKind.KServe)]
    public void Handle_AnswerThatIsNoJson_FailsItsRequestAlone(EnvelopeKind kind)
    {
        EnvelopedHandler handler = new(new Scripted(_ => [HandlerAnswer.Success("\0zzz"u8.ToArray()), HandlerAnswer.Success("1"u8.ToArray())]), kind, Modules.Context());
        using CountedModule module = new("double");

        IReadOnlyList<HandlerAnswer> answers = handler.Handle([Modules.Request(Many(1)), Modules.Request(Many(1))], module, CancellationToken.None);

        answers[0].Error.ShouldBe(PredictionError.ModelFailed);
        answers[0].Message.ShouldBe("The handler's answer to an instance is not JSON, which the server's service_envelope needs.");
        answers[1].Error.ShouldBe(PredictionError.None);
    }

    [Fact]
    public void Handle_OutOfMemory_KeepsTheDevice()
    {
        EnvelopedHandler handler = new(new Scripted(_ => [HandlerAnswer.Failure(PredictionError.OutOfMemory, "full", device: "cuda:0")]), EnvelopeKind.Json, Modules.Context());
        using CountedModule module = new("double");

        handler.Handle([Modules.Request(Many(1))], module, CancellationToken.None).Single().Device.ShouldBe("cuda:0");
    }

    private static string Many(int count) => $"{{\"instances\": [{string.Join(',', Enumerable.Range(0, count).Select(i => $"[{i}]"))}]}}";

    private static HandlerAnswer Ask(EnvelopeKind kind, string body)
    {
        using IScriptModule module = Modules.LoadFixture("double");
        return BuiltInHandlers.Create("base_handler", Modules.Context(), kind).Handle([Modules.Request(body)], module, CancellationToken.None).Single();
    }

    private sealed class Scripted(Func<IReadOnlyList<HandlerRequest>, IReadOnlyList<HandlerAnswer>> handle) : IModelHandler
    {
        public TorchValue[]? ExampleInputs(int batchSize) => null;

        public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken) => handle(batch);
    }

    private sealed class Disposal(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
