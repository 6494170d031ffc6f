using System.Text;
using System.Text.Json;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class BaseHandlerTests
{
    [Fact]
    public void Handle_Linear_GivesPythonsNumbers()
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Fixtures.PathOf("modules/expected.json")));
        JsonElement linear = expected.RootElement.GetProperty("linear");
        string[] bodies = [.. linear.GetProperty("input").EnumerateArray().Select(row => row.GetRawText())];

        IReadOnlyList<HandlerAnswer> answers = Modules.Ask("linear", "{}", bodies);

        answers.Count.ShouldBe(bodies.Length);
        for (int i = 0; i < bodies.Length; i++)
        {
            float[] scores = JsonSerializer.Deserialize<float[]>(answers[i].Text())!;
            float[] wanted = linear.GetProperty("output")[i].Deserialize<float[]>()!;
            scores.Length.ShouldBe(wanted.Length);
            foreach ((float score, float right) in scores.Zip(wanted))
                score.ShouldBe(right, 1e-6f);
        }
    }

    [Fact]
    public void Handle_Answer_IsIndentedAndHasNoContentType()
    {
        HandlerAnswer answer = Modules.Ask("double", "{}", "[[1,2.5]]").Single();

        answer.Text().ShouldBe("[\n  [\n    2.0,\n    5.0\n  ]\n]");
        answer.ContentType.ShouldBeNull();
    }

    [Fact]
    public void Handle_MixedShapesInOneBatch_AnswersEachInItsPlace() =>
        Modules.Ask("double", """{"dtype":"int64"}""", "[1,2]", "3", "[4,5]", "[[6]]", "[]").Select(answer => answer.Text().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal))
            .ShouldBe(["[2,4]", "6", "[8,10]", "[[12]]", "[]"]);

    [Theory]
    [InlineData("float32", "[0.5]", "[\n  1.0\n]")]
    [InlineData("float64", "[0.1]", "[\n  0.2\n]")]
    [InlineData("int8", "[-3]", "[\n  -6\n]")]
    [InlineData("uint8", "[100]", "[\n  200\n]")]
    [InlineData("int16", "[300]", "[\n  600\n]")]
    [InlineData("int32", "[70000]", "[\n  140000\n]")]
    [InlineData("int64", "[3000000000]", "[\n  6000000000\n]")]
    public void Handle_DTypeParameter_IsWhatTheModuleSees(string dtype, string body, string expected) =>
        Modules.Ask("double", $$"""{"dtype":"{{dtype}}"}""", body).Single().Text().ShouldBe(expected);

    [Fact]
    public void Handle_OneBadRequestAmongGoodOnes_FailsAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = Modules.Ask("double", "{}", "[1]", "[1", "[2]", "[[1],2]", "[3]");

        answers[0].Text().ShouldBe("[\n  2.0\n]");
        answers[2].Text().ShouldBe("[\n  4.0\n]");
        answers[4].Text().ShouldBe("[\n  6.0\n]");
        answers[1].Error.ShouldBe(PredictionError.BadInput);
        answers[1].Message.ShouldStartWith("the body is not JSON");
        answers[3].Error.ShouldBe(PredictionError.BadInput);
        answers[3].Message.ShouldContain("ragged");
    }

    [Fact]
    public void Handle_OneRequestThatMakesTheModuleRaise_FailsAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = Modules.Ask("picky", "{}", "[1]", "[-1]", "[2]", "[3]");

        answers[0].Text().ShouldBe("[\n  2.0\n]");
        answers[2].Text().ShouldBe("[\n  4.0\n]");
        answers[3].Text().ShouldBe("[\n  6.0\n]");
        answers[1].Error.ShouldBe(PredictionError.ModelFailed);
        answers[1].Message.ShouldContain("a negative number");
        answers[1].Message.ShouldContain("raise ValueError");
        answers[1].Content.Length.ShouldBe(0);
    }

    [Fact]
    public void Handle_OneRowThatIsNotANumber_FailsAlone()
    {
        IReadOnlyList<HandlerAnswer> answers = Modules.Ask("square_root", "{}", "[4]", "[-1]", "[9]");

        answers[0].Text().ShouldBe("[\n  2.0\n]");
        answers[2].Text().ShouldBe("[\n  3.0\n]");
        answers[1].Error.ShouldBe(PredictionError.ModelFailed);
        answers[1].Message.ShouldContain("NaN");
    }

    [Theory]
    [InlineData("nan", "NaN")]
    [InlineData("wrong_batch", "float32[3, 1] for a batch of 2")]
    [InlineData("zero_dim", "float32[] for a batch of 2")]
    [InlineData("empty", "float32[0, 3] for a batch of 2")]
    [InlineData("raises", "the scan has no brain in it")]
    [InlineData("complex", "ComplexFloat")]
    [InlineData("add", "y")]
    public void Handle_ModuleWithoutUsableResult_SaysWhy(string module, string reason)
    {
        foreach (HandlerAnswer answer in Modules.Ask(module, "{}", "[1]", "[2]"))
        {
            answer.Error.ShouldBe(PredictionError.ModelFailed);
            answer.Message.ShouldContain(reason);
        }
    }

    [Fact]
    public void Handle_ModuleThatAsksForTooMuchMemory_SaysSo() =>
        Modules.Ask("huge", "{}", "[1]").Single().Error.ShouldBe(PredictionError.OutOfMemory);

    [Theory]
    [InlineData("five", "[\n  1,\n  2,\n  3,\n  4,\n  5,\n  6\n]")]
    [InlineData("none", "null")]
    [InlineData("counts_grad", "false")]
    [InlineData("device_of", "\"cpu\"")]
    public void Handle_ResultThatIsNoTensor_IsWritten(string module, string expected) =>
        Modules.Ask(module, """{"dtype":"int64"}""", "1").Single().Text().ShouldBe(expected);

    [Fact]
    public void Handle_MultipartRequest_ReadsDataThenBodyThenTheOnlyPart()
    {
        using IScriptModule module = Modules.LoadFixture("double");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context());

        IReadOnlyList<HandlerAnswer> answers = handler.Handle(
            [Parts(("body", "1"), ("data", "2")), Parts(("other", "x"), ("body", "3")), Parts(("other", "4")), Parts(("a", "1"), ("b", "2"))], module, CancellationToken.None);

        answers[0].Text().ShouldBe("4.0");
        answers[1].Text().ShouldBe("6.0");
        answers[2].Text().ShouldBe("8.0");
        answers[3].Error.ShouldBe(PredictionError.BadInput);
        answers[3].Message.ShouldContain("'data' or 'body'");
    }

    [Fact]
    public void Handle_ModuleThatWorksInPlace_LeavesTheRequestAlone()
    {
        byte[] body = "[1,2]"u8.ToArray();
        using IScriptModule module = Modules.LoadFixture("in_place");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context("""{"dtype":"int32","input_shape":[2]}"""));
        handler.WarmUp(module);

        for (int i = 0; i < 2; i++)
            handler.Handle([Modules.Request(body)], module, CancellationToken.None).Single().Text().ShouldBe("[\n  2,\n  3\n]");
        Encoding.UTF8.GetString(body).ShouldBe("[1,2]");
    }

    [Fact]
    public void Handle_CallerGone_RunsNothing()
    {
        using IScriptModule module = Modules.LoadFixture("raises");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context());

        Should.Throw<OperationCanceledException>(() => handler.Handle([Modules.Request("[1]")], module, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void WarmUp_WithoutInputShape_RunsNothing()
    {
        using IScriptModule module = Modules.LoadFixture("raises");

        Should.NotThrow(() => BuiltInHandlers.Create("base_handler", Modules.Context()).WarmUp(module));
    }

    [Fact]
    public void WarmUp_ShapeThatDoesNotFit_ThrowsTorchsText()
    {
        using IScriptModule module = Modules.LoadFixture("linear");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context("""{"input_shape":[5]}"""));

        Should.Throw<TorchException>(() => handler.WarmUp(module)).Message.ShouldContain("1x5 and 4x2");
    }

    [Fact]
    public void Handle_FromManyThreads_GivesEachItsOwn()
    {
        using IScriptModule module = Modules.LoadFixture("double");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context("""{"dtype":"int64"}"""));

        Parallel.For(0, 400, i => handler.Handle([Modules.Request($"[{i}]"), Modules.Request($"[{i},{i}]")], module, CancellationToken.None)[0].Text()
            .ShouldBe($"[\n  {2 * i}\n]"));
    }

    [Fact]
    public void BatchKey_EqualShapes_AreEqual()
    {
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context());
        object? key = handler.BatchKey(Modules.Request("[[1,2],[3,4]]"));

        handler.BatchKey(Modules.Request(" [[5, 6.5],\n[7, 8]]")).ShouldBe(key);
        handler.BatchKey(Modules.Request("[[1],[2],[3],[4]]")).ShouldNotBe(key);
        handler.BatchKey(Modules.Request("[1,2,3,4]")).ShouldNotBe(key);
        handler.BatchKey(Modules.Request("1")).ShouldBe(handler.BatchKey(Modules.Request("2")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1")]
    [InlineData("[[1],2]")]
    public void BatchKey_RequestThatCannotBeUsed_IsItsOwnAndHandleSaysWhy(string body)
    {
        using IScriptModule module = Modules.LoadFixture("double");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context());
        HandlerRequest request = Modules.Request(body);

        handler.BatchKey(request).ShouldNotBe(handler.BatchKey(Modules.Request(body)));
        handler.Handle([request], module, CancellationToken.None).Single().Error.ShouldBe(PredictionError.BadInput);
    }

    [Fact]
    public void BatchKey_ThenHandle_DecodesOnce()
    {
        byte[] body = "[1,2]"u8.ToArray();
        using IScriptModule module = Modules.LoadFixture("double");
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Modules.Context());
        using HandlerRequest request = Modules.Request(body);
        handler.BatchKey(request);
        IDisposable? decoded = request.Decoded.ShouldNotBeNull();

        // Were it read again, this would be an error.
        body.AsSpan().Clear();

        handler.Handle([request], module, CancellationToken.None).Single().Text().ShouldBe("[\n  2.0,\n  4.0\n]");
        request.Decoded.ShouldBe(decoded);
    }

    private static HandlerRequest Parts(params (string Name, string Content)[] parts) =>
        new([.. parts.Select(part => new RequestPart(part.Name, null, Encoding.UTF8.GetBytes(part.Content)))]);
}
