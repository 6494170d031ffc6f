using System.Runtime.InteropServices;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class TensorHandlerTests
{
    private const string DType = "X-Tensor-Dtype";
    private const string Shape = "X-Tensor-Shape";

    [Theory]
    [InlineData("float16", "3,4", 24)]
    [InlineData("bfloat16", "3,4", 24)]
    [InlineData("float32", "1,2,3", 24)]
    [InlineData("float64", "3", 24)]
    [InlineData("int8", "24", 24)]
    [InlineData("uint8", "4,1,6", 24)]
    [InlineData("int16", "12,1", 24)]
    [InlineData("int32", "6", 24)]
    [InlineData("int64", "3,1", 24)]
    [InlineData("float32", "", 4)]
    [InlineData("float32", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2", 8)]
    [InlineData("float32", "2,0,3", 0)]
    public void Handle_Identity_GivesTheVeryBytesBack(string dtype, string shape, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);

        using HandlerAnswer answer = Ask("identity", Request(dtype, shape, bytes)).Single();

        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        answer.Content.ToArray().ShouldBe(bytes);
        answer.ContentType.ShouldBe("application/octet-stream");
        answer.Headers.ShouldBe([new(DType, dtype), new(Shape, shape)]);
    }

    [Fact]
    public void Handle_Bool_GivesTheVeryBytesBack() =>
        Ask("identity", Request("bool", "2,2", [1, 0, 0, 1])).Single().Content.ToArray().ShouldBe([1, 0, 0, 1]);

    [Theory]
    [InlineData(" 1 , 4 ")]
    [InlineData("1,4")]
    public void Handle_OneRequest_GivesWhatTheModuleReturns(string shape)
    {
        using HandlerAnswer answer = Ask("double", Request("float32", shape, Bytes(1, -2, 3.5f, 0))).Single();

        Floats(answer).ShouldBe([2, -4, 7, 0]);
        answer.Headers.ShouldBe([new(DType, "float32"), new(Shape, "1,4")]);
    }

    [Fact]
    public void Handle_ResultThatIsNotContiguous_IsSentInOrder()
    {
        using HandlerAnswer answer = Ask("strided", Request("float32", "2,3", Bytes(1, 2, 3, 4, 5, 6))).Single();

        Floats(answer).ShouldBe([1, 4, 2, 5, 3, 6]);
        answer.Headers[1].Value.ShouldBe("3,2");
    }

    [Fact]
    public void Handle_EqualShapes_RunsThemTogetherAndGivesEachItsRows()
    {
        CountedModule module = new("double");

        IReadOnlyList<HandlerAnswer> answers = Handle(
            module, Request("float32", "2,1", Bytes(1, 2)), Request("float32", "2,1", Bytes(3, 4)), Request("float32", "2,1", Bytes(5, 6)));

        module.Inputs.ShouldBe(["float32[6, 1]"]);
        answers.Select(Floats).ShouldBe([[2, 4], [6, 8], [10, 12]]);
        answers.ShouldAllBe(answer => answer.Headers[1].Value == "2,1");
    }

    [Fact]
    public void Handle_DifferentShapesAndDTypes_RunsThoseThatAreAlikeTogether()
    {
        CountedModule module = new("double");

        IReadOnlyList<HandlerAnswer> answers = Handle(
            module,
            Request("float32", "1,2", Bytes(1, 2)),
            Request("float32", "2,1", Bytes(3, 4)),
            Request("int32", "1,2", [1, 0, 0, 0, 2, 0, 0, 0]),
            Request("float32", "1,2", Bytes(5, 6)));

        module.Inputs.ShouldBe(["float32[2, 2]", "float32[2, 1]", "int32[1, 2]"], ignoreOrder: true);
        Floats(answers[0]).ShouldBe([2, 4]);
        Floats(answers[1]).ShouldBe([6, 8]);
        MemoryMarshal.Cast<byte, int>(answers[2].Content.Span).ToArray().ShouldBe([2, 4]);
        Floats(answers[3]).ShouldBe([10, 12]);
        answers.Select(answer => answer.Headers[1].Value).ShouldBe(["1,2", "2,1", "1,2", "1,2"]);
    }

    [Fact]
    public void Handle_NumbersWithoutDimensions_RunsEachAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = Ask("double", Request("float32", "", Bytes(1)), Request("float32", "", Bytes(2)));

        answers.Select(Floats).ShouldBe([[2], [4]]);
        answers.ShouldAllBe(answer => answer.Headers[1].Value.Length == 0);
    }

    [Fact]
    public void Handle_TensorsWithoutElements_GivesEachOne()
    {
        IReadOnlyList<HandlerAnswer> answers = Ask("double", Request("float32", "0,3", []), Request("float32", "0,3", []));

        answers.ShouldAllBe(answer => answer.Error == PredictionError.None && answer.Content.Length == 0 && answer.Headers[1].Value == "0,3");
    }

    [Theory]
    [InlineData(null, "1", 4, "the header field X-Tensor-Dtype is missing")]
    [InlineData("float32", null, 4, "the header field X-Tensor-Shape is missing")]
    [InlineData("float8", "1", 4, "X-Tensor-Dtype is 'float8'; it takes a dtype such as")]
    [InlineData("Float32", "1", 4, "X-Tensor-Dtype is 'Float32'")]
    [InlineData("", "1", 4, "X-Tensor-Dtype is ''")]
    [InlineData("float32", "2", 4, "float32[2] takes 8 bytes, but the body has 4")]
    [InlineData("float32", "1,1", 5, "float32[1,1] takes 4 bytes, but the body has 5")]
    [InlineData("float32", "", 0, "float32[] takes 4 bytes, but the body has 0")]
    [InlineData("float32", "0", 4, "float32[0] takes 0 bytes, but the body has 4")]
    [InlineData("float32", "-1", 4, "X-Tensor-Shape -1 of float32 has a negative dimension")]
    [InlineData("float32", "1,-1", 4, "X-Tensor-Shape 1,-1 of float32 has a negative dimension")]
    [InlineData("float32", "1,,1", 4, "X-Tensor-Shape is '1,,1'")]
    [InlineData("float32", "1,", 4, "X-Tensor-Shape is '1,'")]
    [InlineData("float32", "1.0", 4, "X-Tensor-Shape is '1.0'")]
    [InlineData("float32", "[1]", 4, "X-Tensor-Shape is '[1]'")]
    [InlineData("float32", "1;1", 4, "X-Tensor-Shape is '1;1'")]
    [InlineData("float32", "99999999999999999999", 4, "X-Tensor-Shape is '99999999999999999999'")]
    [InlineData("float32", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", 4, "it takes up to 16 whole numbers")]
    [InlineData("float32", "536870912", 4, "536870912 of float32 has a negative dimension, or takes more than 2 GiB")]
    [InlineData("uint8", "9223372036854775807,9223372036854775807", 4, "takes more than 2 GiB")]
    public void Handle_RequestThatCannotBeUsed_SaysWhy(string? dtype, string? shape, int length, string reason)
    {
        using HandlerAnswer answer = Ask("identity", Request(dtype, shape, new byte[length])).Single();

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldContain(reason);
        answer.Content.Length.ShouldBe(0);
        answer.Headers.ShouldBeEmpty();
    }

    [Fact]
    public void Handle_VeryLongHeaders_AreShortenedInTheMessage()
    {
        foreach (HandlerRequest request in new[] { Request(new string('x', 5000), "1", []), Request("float32", new string('1', 5000), []) })
            Ask("identity", request).Single().Message.Length.ShouldBeLessThan(300);
    }

    [Fact]
    public void Handle_SomeBadRequestsAmongGoodOnes_FailAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = Ask(
            "double", Request("float32", "1", Bytes(1)), Request("float32", "2", Bytes(2)), Request(null, "1", Bytes(3)), Request("float32", "1", Bytes(4)));

        answers.Select(answer => answer.Error).ShouldBe([PredictionError.None, PredictionError.BadInput, PredictionError.BadInput, PredictionError.None]);
        Floats(answers[0]).ShouldBe([2]);
        Floats(answers[3]).ShouldBe([8]);
    }

    [Fact]
    public void Handle_SeveralPartsAndNoneOfThemTheBody_SaysSo()
    {
        HandlerRequest request = new([new RequestPart("a", null, Bytes(1)), new RequestPart("b", null, Bytes(1))], Headers("float32", "1"));

        Ask("identity", request).Single().Message.ShouldContain("none of them is called 'data' or 'body'");
    }

    [Theory]
    [InlineData("none", 1, "returned a none without a tensor")]
    [InlineData("none", 2, "returned a none")]
    [InlineData("wrong_batch", 2, "float32[3, 1] for 2 requests")]
    [InlineData("zero_dim", 2, "float32[] for 2 requests")]
    public void Handle_ModuleWithoutUsableResult_SaysWhy(string module, int requests, string reason)
    {
        HandlerRequest[] batch = [.. Enumerable.Range(0, requests).Select(_ => Request("float32", "1,1", Bytes(1)))];

        foreach (HandlerAnswer answer in Ask(module, batch))
        {
            answer.Error.ShouldBe(PredictionError.ModelFailed);
            answer.Message.ShouldContain(reason);
        }
    }

    [Fact]
    public void Handle_AnswersOfOneBatch_KeepTheirMemoryUntilTheLastIsDisposed()
    {
        CountedModule module = new("double");
        IReadOnlyList<HandlerAnswer> answers = Handle(module, [.. Enumerable.Range(0, 4).Select(i => Request("float32", "1,5000", Repeated(i, 5000)))]);

        foreach (int i in new[] { 2, 0, 3 })
        {
            answers[i].Dispose();
            // Twice is once.
            answers[i].Dispose();
            module.ResultsDisposed.ShouldBe(0);
            Floats(answers[1]).ShouldAllBe(number => number == 2);
        }

        answers[1].Dispose();
        module.ResultsDisposed.ShouldBe(1);
    }

    [Fact]
    public void Handle_OneOfABatchUnusable_TheResultGoesWithTheAnswers()
    {
        CountedModule module = new("wrong_batch");

        Handle(module, Request("float32", "1,1", Bytes(1)), Request("float32", "1,1", Bytes(1)));

        module.ResultsDisposed.ShouldBe(1);
    }

    [Fact]
    public void Handle_ModuleFailsOnTheSecondShape_TheFirstOnesResultGoes()
    {
        CountedModule module = new("strided");

        Should.Throw<TorchException>(() => Handle(module, Request("float32", "1,1", Bytes(1)), Request("float32", "1,1,1", Bytes(1))));

        module.Inputs.Count.ShouldBe(2);
        module.ResultsDisposed.ShouldBe(1);
    }

    [Fact]
    public void Handle_OutputNotAsLongAsTheInputs_IsNotCutUp() =>
        Ask("strided", Request("float32", "1,4", Bytes(1, 2, 3, 4)), Request("float32", "1,4", Bytes(5, 6, 7, 8)))
            .ShouldAllBe(answer => answer.Error == PredictionError.ModelFailed && answer.Message.Contains("the first dimension must be theirs", StringComparison.Ordinal));

    [Fact]
    public void Handle_IdentityWhoseRequestGoesFirst_KeepsTheBytes()
    {
        NativeBuffer body = new(20_000);
        Repeated(7, 5000).CopyTo(body.GetSpan(20_000));
        body.Advance(20_000);
        HandlerRequest request = new([new RequestPart("body", null, body.Written)], Headers("float32", "5000"), body);

        using HandlerAnswer answer = Ask("identity", request).Single();
        request.Dispose();

        Floats(answer).ShouldAllBe(number => number == 7);
    }

    [Fact]
    public void Handle_ModuleRaises_ThrowsItsText() =>
        Should.Throw<TorchException>(() => Ask("raises", Request("float32", "1", Bytes(1)))).Message.ShouldContain("the scan has no brain in it");

    [Fact]
    public void Handle_CallerGone_RunsNothing()
    {
        CountedModule module = new("double");

        Should.Throw<OperationCanceledException>(() => Handler().Handle([Request("float32", "1", Bytes(1))], module, new CancellationToken(canceled: true)));
        module.Inputs.ShouldBeEmpty();
    }

    [Fact]
    public void BatchKey_EqualShapeAndDType_AreEqual()
    {
        IModelHandler handler = Handler();
        object? key = handler.BatchKey(Request("float32", "1,2", Bytes(1, 2)));

        handler.BatchKey(Request("float32", " 1, 2", Bytes(3, 4))).ShouldBe(key);
        handler.BatchKey(Request("float32", "2,1", Bytes(1, 2))).ShouldNotBe(key);
        handler.BatchKey(Request("int32", "1,2", Bytes(1, 2))).ShouldNotBe(key);
    }

    [Theory]
    [InlineData("float32", "", 4)]
    [InlineData("float32", "0,3", 0)]
    [InlineData("float32", "nonsense", 4)]
    [InlineData(null, null, 4)]
    public void BatchKey_RequestThatFitsWithNoOther_IsItsOwn(string? dtype, string? shape, int length)
    {
        IModelHandler handler = Handler();

        handler.BatchKey(Request(dtype, shape, new byte[length])).ShouldNotBe(handler.BatchKey(Request(dtype, shape, new byte[length])));
    }

    [Fact]
    public void ExampleInputs_InputShape_HasItsBatchDimensionMultiplied()
    {
        IModelHandler handler = Handler("""{"dtype":"int64","input_shape":[2,3]}""");

        Describe(handler.ExampleInputs(1)).ShouldBe("int64[2, 3]");
        Describe(handler.ExampleInputs(4)).ShouldBe("int64[8, 3]");
        Handler().ExampleInputs(1).ShouldBeNull();
    }

    [Fact]
    public void ExampleInputs_BatchThatTakesTooMuchMemory_IsNone()
    {
        IModelHandler handler = Handler("""{"dtype":"uint8","input_shape":[100000000]}""");

        handler.ExampleInputs(4).ShouldBeNull();
        handler.ExampleInputs(32).ShouldBeNull();
        Describe(handler.ExampleInputs(2)).ShouldBe("uint8[200000000]");
    }

    [Theory]
    [InlineData("""{"dtype":"float8"}""", "handler.dtype must be")]
    [InlineData("""{"input_shape":[1,0]}""", "handler.input_shape must be")]
    [InlineData("""{"input_shape":[65536,65536]}""", "handler.input_shape is larger than 2 GiB")]
    [InlineData("""{"input_shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}""", "at most 16 whole numbers")]
    public void Create_ParametersThatCannotBe_SaysWhy(string parameters, string reason) =>
        Should.Throw<HandlerConfigurationException>(() => Handler(parameters)).Message.ShouldContain(reason);

    private static IModelHandler Handler(string parameters = "{}") => BuiltInHandlers.Create("tensor", Modules.Context(parameters));

    private static IReadOnlyList<HandlerAnswer> Ask(string module, params HandlerRequest[] batch)
    {
        using IScriptModule loaded = Modules.LoadFixture(module);
        return Handle(loaded, batch);
    }

    private static IReadOnlyList<HandlerAnswer> Handle(IScriptModule module, params HandlerRequest[] batch) => Handler().Handle(batch, module, CancellationToken.None);

    private static HandlerRequest Request(string? dtype, string? shape, byte[] body) => new([new RequestPart("body", null, body)], Headers(dtype, shape));

    // In another case than they are looked for: header fields have none.
    private static RequestHeaders Headers(string? dtype, string? shape)
    {
        List<KeyValuePair<string, string>> fields = [new("Host", "x")];
        if (dtype is not null)
            fields.Add(new("x-tensor-dtype", dtype));
        if (shape is not null)
            fields.Add(new("x-tensor-shape", shape));
        return new RequestHeaders(fields);
    }

    private static byte[] Bytes(params ReadOnlySpan<float> numbers) => MemoryMarshal.AsBytes(numbers).ToArray();

    private static byte[] Repeated(float number, int count) => Bytes([.. Enumerable.Repeat(number, count)]);

    private static float[] Floats(HandlerAnswer answer)
    {
        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        return MemoryMarshal.Cast<byte, float>(answer.Content.Span).ToArray();
    }

    private static string? Describe(TorchValue[]? inputs)
    {
        if (inputs is not [TorchValue.Tensor tensor])
            return null;
        using NDArray array = tensor.Array;
        return array.ToString();
    }
}
