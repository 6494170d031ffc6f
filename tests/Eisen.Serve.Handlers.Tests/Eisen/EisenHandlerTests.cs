using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Eisen;

/// <summary>The walk of an Eisen request, on real modules.</summary>
public sealed class EisenHandlerTests
{
    private static readonly string[] OneIn = ["x:-1,2"];
    private static readonly string[] OneOut = ["y:-1,2"];

    [Fact]
    public void Handle_OneOutput_IsThere()
    {
        using EisenFolder folder = new(OneIn, OneOut);

        HandlerAnswer answer = folder.Ask("double", EisenFolder.Message(("x", EisenFolder.Floats([1, 2], 1, 2)), ("unknown", "field")))[0];

        EisenFolder.Fields(answer).ShouldBe("""{"y":[[2,4]]}""");
        answer.ContentType.ShouldBeNull();
    }

    [Fact]
    public void Handle_SeveralInputsAndOutputs_AreInTheMetadatasOrder()
    {
        using EisenFolder two = new(["b:-1", "a:-1"], ["y:-1"], modelInputs: ["a", "b"]);
        using EisenFolder many = new(["x:-1"], ["first:-1", "third:-1"], modelOutputs: ["first", "second", "third"]);

        EisenFolder.Fields(two.Ask("add", EisenFolder.Message(("a", EisenFolder.Floats([1], 1)), ("b", EisenFolder.Floats([1], 2))))[0]).ShouldBe("""{"y":[3]}""");
        EisenFolder.Fields(many.Ask("five", EisenFolder.Message(("x", EisenFolder.Floats([1], 1))))[0]).ShouldBe("""{"first":[1],"second":[2],"third":[3]}""");
    }

    [Fact]
    public void Handle_FieldsThatPreProcessingLeft_StayBesideTheOutputsAndBeforeThem()
    {
        using EisenFolder folder = new(["x:-1", "id:str", "y:json"], ["y:json", "id:str"], ["x"], ["y", "z"]);

        // The field y is the request's own, not the module's output of that name.
        EisenFolder.Fields(folder.Ask("five", EisenFolder.Message(("x", EisenFolder.Floats([1], 5)), ("id", "p-1"), ("y", new FieldValue.Integer(7))))[0])
            .ShouldBe("""{"y":7,"z":[6],"id":"p-1"}""");
    }

    [Fact]
    public void Handle_ModelInputThatIsDeclaredOutput_ComesBackAsFloat32()
    {
        using EisenFolder folder = new(["x:-1"], ["x:-1", "y:-1"], ["x"], ["y"]);

        using HandlerAnswer answer = folder.Ask("double", EisenFolder.Message(("x", new FieldValue.Array(NDArray.Copy<long>([3], 1)))))[0];

        using FieldDictionary fields = EisenMessagePack.ReadFields(answer.Content);
        fields.Array("x").ToString().ShouldBe("float32[1]");
        fields.Array("y").AsSpan<float>()[0].ShouldBe(6);
    }

    [Theory]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Float64)]
    [InlineData(DType.Int8)]
    [InlineData(DType.UInt8)]
    [InlineData(DType.Int16)]
    [InlineData(DType.UInt16)]
    [InlineData(DType.Int32)]
    [InlineData(DType.UInt32)]
    [InlineData(DType.Int64)]
    [InlineData(DType.UInt64)]
    [InlineData(DType.Bool)]
    public void Handle_EachDType_IsFloat32ForTheModel(DType dtype)
    {
        using EisenFolder folder = new(["x:-1"], ["y:-1"]);
        using CountedModule module = new("double");
        byte[] ones = dtype switch
        {
            DType.Float16 => [0, 0x3c],
            DType.BFloat16 => [0x80, 0x3f],
            DType.Float64 => [0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
            _ => [1, .. new byte[dtype.ItemSize - 1]],
        };

        HandlerAnswer answer = folder.Ask(module, EisenFolder.Message(("x", new FieldValue.Array(NDArray.Wrap(dtype, [1], ones)))))[0];

        module.Inputs.ShouldBe(["float32[1]"]);
        EisenFolder.Fields(answer).ShouldBe("""{"y":[2]}""");
    }

    [Fact]
    public void Handle_Transforms_RunBeforeAndAfter()
    {
        using EisenFolder folder = new(
            ["image:-1,-1"],
            ["label:str"],
            ["scaled"],
            ["mask"],
            before: """[{"type": "eisen.transforms.FixedMeanStdNormalization", "params": {"fields": ["image"], "mean": 1.0, "std": 2.0}}, {"type": "eisen.transforms.RenameFields", "params": {"fields": ["image"], "new_fields": ["scaled"]}}]""",
            after: """[{"type": "eisen.transforms.CreateConstantFlags", "params": {"fields": ["label"], "values": ["seen"]}}]""");

        EisenFolder.Fields(folder.Ask("double", EisenFolder.Message(("image", EisenFolder.Floats([1, 2], 3, 5))))[0]).ShouldBe("""{"mask":[[2,4]],"label":"seen"}""");
    }

    [Fact]
    public void Handle_ScriptedProcessing_TakesTheArraysAndLeavesOtherFields()
    {
        using EisenFolder folder = new(["x:-1", "id:str"], ["y:-1", "id:str"], ["x"], ["y"], before: "dict_str_tensor", after: "dict_str_tensor");
        HandlerRequest[] requests = [EisenFolder.Message(("x", EisenFolder.Floats([1], 1)), ("id", "a")), EisenFolder.Message(("x", EisenFolder.Floats([2], 10, 20)), ("id", "b"))];

        HandlerAnswer[] answers = folder.Ask("double", requests);

        folder.MakeHandler().FurtherModules.ShouldBe(["pre_process.pt", "post_process.pt"]);
        EisenFolder.Fields(answers[0]).ShouldBe("""{"y":[8],"id":"a"}""");
        EisenFolder.Fields(answers[1]).ShouldBe("""{"y":[80,160],"id":"b"}""");
    }

    [Fact]
    public void Handle_EmptyBody_IsTheMetadataAsItIs()
    {
        using EisenFolder folder = new(OneIn, OneOut);

        HandlerAnswer[] answers = folder.Ask("double", Modules.Request(""), EisenFolder.Message(("x", EisenFolder.Floats([1, 2], 1, 2))));

        answers[0].Text().ShouldBe(File.ReadAllText(Path.Combine(folder.Path, "metadata.json")));
        answers[0].ContentType.ShouldBe("application/json");
        EisenFolder.Fields(answers[1]).ShouldBe("""{"y":[[2,4]]}""");
    }

    [Fact]
    public void Handle_DeclaredOutputThatIsNotThere_IsNamed()
    {
        using EisenFolder folder = new(OneIn, ["y:-1", "note:str", "mark:str"], modelOutputs: ["y"]);

        HandlerAnswer answer = folder.Ask("double", EisenFolder.Message(("x", EisenFolder.Floats([1, 2], 1, 2))))[0];

        (answer.Error, answer.Message).ShouldBe((PredictionError.HandlerRefused, "After post-processing there is no field 'note', 'mark', which the metadata names among the outputs."));
    }

    [Theory]
    [InlineData("double", "The module returned 1 outputs, but the metadata's model_output_list names 2; 'z' is missing.")]
    [InlineData("none", "The module returned 1 outputs, but the metadata's model_output_list names 2")]
    [InlineData("raises", "the scan has no brain in it")]
    public void Handle_ModuleThatGivesSomethingElse_Fails(string module, string message)
    {
        using EisenFolder folder = new(OneIn, ["y:-1", "z:-1"]);

        HandlerAnswer answer = folder.Ask(module, EisenFolder.Message(("x", EisenFolder.Floats([1, 2], 1, 2))))[0];

        answer.Error.ShouldBe(PredictionError.ModelFailed);
        answer.Message.ShouldContain(message);
    }

    [Fact]
    public void Handle_SeveralMistakes_AreToldTogether()
    {
        using EisenFolder folder = new(["x:-1,2", "y:-1", "id:str", "n:list"], ["z:-1"], ["x"]);

        HandlerAnswer answer = folder.Ask("double", EisenFolder.Message(("x", EisenFolder.Floats([1, 3], 1, 2, 3)), ("id", new FieldValue.Integer(4)), ("n", "five")))[0];

        (answer.Error, answer.Message).ShouldBe((PredictionError.BadInput,
            "field 'x' must be an array of shape [-1, 2], but an array float32[1, 3] was given; field 'y' is missing; it must be an array of shape [-1], but 'x', 'id', 'n' was given; "
            + "field 'id' must be a text, but a number was given; field 'n' must be a list, but a text was given"));
    }

    [Fact]
    public void Handle_ListOfNumbersForAnArray_IsOne()
    {
        using EisenFolder folder = new(["x:-1,2"], ["y:-1,2"]);
        FieldValue list = new FieldValue.List([new FieldValue.List([new FieldValue.Integer(1), new FieldValue.Float(0.5)])]);
        FieldValue ragged = new FieldValue.List([new FieldValue.List([new FieldValue.Integer(1)]), new FieldValue.Integer(2)]);

        EisenFolder.Fields(folder.Ask("double", EisenFolder.Message(("x", list)))[0]).ShouldBe("""{"y":[[2,1]]}""");
        folder.Ask("double", EisenFolder.Message(("x", ragged)))[0].Message.ShouldBe("field 'x' must be an array, or nested lists of numbers that are not ragged");
    }

    [Fact]
    public void Handle_MultipartBody_HasAFieldInEachPart()
    {
        using EisenFolder folder = new(["x:-1", "id:str", "more:json"], ["id:str", "more:json", "y:-1"], ["x"], ["y"]);
        HandlerRequest request = new([new("id", null, "p-1"u8.ToArray()), new("x", "application/json", "[1, 2]"u8.ToArray()), new("more", null, """{"a": [null]}"""u8.ToArray()), new("?", null, "x"u8.ToArray())]);
        HandlerRequest wrong = new([new("id", null, new byte[] { 0xff }), new("x", "application/json", "[1, "u8.ToArray()), new("more", null, "1"u8.ToArray()), new("more", null, "1"u8.ToArray())]);

        HandlerAnswer[] answers = folder.Ask("double", request, wrong);

        EisenFolder.Fields(answers[0]).ShouldBe("""{"y":[2,4],"id":"p-1","more":{"a":[null]}}""");
        answers[1].Message.ShouldStartWith("field 'id': the text is not UTF-8; field 'x': the body is not JSON");
        answers[1].Message.ShouldEndWith("there are two parts called 'more'");
    }

    [Fact]
    public void Handle_ModuleThatWorksInPlace_SpoilsNoOtherRequest()
    {
        using EisenFolder folder = new(["x:-1"], ["y:-1"]);
        HandlerRequest[] requests = [EisenFolder.Message(("x", EisenFolder.Floats([1], 1))), EisenFolder.Message(("x", EisenFolder.Floats([1], 2)))];

        HandlerAnswer[] together = folder.Ask("in_place", requests);
        HandlerAnswer[] again = folder.Ask("in_place", requests);

        together.Select(EisenFolder.Fields).ShouldBe(again.Select(EisenFolder.Fields));
    }

    [Theory]
    [InlineData("text/plain", "*/*", null)]
    [InlineData("application/msgpack", "*/*", "application/msgpack")]
    [InlineData("text/plain", "application/msgpack", "application/msgpack")]
    [InlineData("text/plain", "text/html", null)]
    [InlineData("text/plain", "application/json;q=0.2, application/x-npy", "application/x-npy")]
    [InlineData("text/plain", "application/json;q=0.2, */*", null)]
    [InlineData("text/plain", "application/json;q=0", null)]
    public void Handle_MediaTypes_ChooseTheAnswersForm(string contentType, string accept, string? expected)
    {
        using EisenFolder folder = new(OneIn, OneOut);
        HandlerRequest message = EisenFolder.Message(("x", EisenFolder.Floats([1, 2], 1, 2)));
        HandlerRequest request = new([new RequestPart("body", contentType, message.Parts[0].Content)], new RequestHeaders([new("Accept", accept)]));

        folder.Ask("double", request)[0].ContentType.ShouldBe(expected);
    }

    [Theory]
    [InlineData("application/octet-stream", "asks for the answer's one field of bytes, such as a NIfTI file, but it has 0 among 'y'")]
    [InlineData("application/x-npy", null)]
    public void Handle_AcceptThatTheAnswerDoesNotFit_IsTold(string accept, string? message)
    {
        using EisenFolder folder = new(OneIn, OneOut);

        HandlerAnswer answer = folder.Ask("double", EisenFolder.Json("""{"x": [[1, 2]]}""", accept))[0];

        answer.Error.ShouldBe(message is null ? PredictionError.None : PredictionError.BadInput);
        answer.Message.ShouldContain(message ?? "");
    }

    [Fact]
    public void Handle_AcceptBytes_AreTheFieldsOwn()
    {
        using EisenFolder folder = new(["x:-1", "file:json"], ["y:-1", "file:json"], ["x"], ["y"]);
        HandlerRequest request = EisenFolder.Json("""{"x": [1], "file": {"__bytes__": true, "data": "AAEC"}}""", "application/octet-stream");

        HandlerAnswer answer = folder.Ask("double", request)[0];

        answer.Content.ToArray().ShouldBe([0, 1, 2]);
        answer.ContentType.ShouldBe("application/octet-stream");
    }

    [Fact]
    public void Create_SeveralMistakes_AreToldTogether()
    {
        using TemporaryFolder folder = new();
        folder.With("metadata.json", "{}").With("pre_process.json", "{").With("pre_process.pt", "").With("post_process.json", """[{"type": "eisen.transforms.Nothing"}]""");

        string message = Should.Throw<HandlerConfigurationException>(() => BuiltInHandlers.Create("eisen", Modules.Context(folder: folder.Path))).Message;

        message.ShouldContain("metadata.json: 'inputs' must be a list of fields");
        message.ShouldContain("the archive has both pre_process.json and pre_process.pt; it takes one of them");
        message.ShouldContain("pre_process.json is not JSON");
        message.ShouldContain("post_process.json: ");
        Should.Throw<HandlerConfigurationException>(() => BuiltInHandlers.Create("eisen", Modules.Context())).Message.ShouldContain("the archive has no metadata.json");
    }

    [Theory]
    [InlineData("handlers.py", "metadata.json", true)]
    [InlineData("handlers.py:handle", "metadata.json", true)]
    [InlineData("handlers.py", "", false)]
    [InlineData("handlers.py", "metadata.json pre_process_tform.pkl", false)]
    [InlineData("handlers.py", "metadata.json pre_process_tform.pkl pre_process.json", true)]
    [InlineData("mine.py", "metadata.json", false)]
    [InlineData("mine.py", "metadata.json pre_process.pt", true)]
    [InlineData("base_handler", "metadata.json pre_process.json", false)]
    [InlineData(null, "metadata.json pre_process.json", false)]
    public void StandsInFor_PythonHandler_WhereTheTransformsCanBeRead(string? handler, string files, bool stands)
    {
        using TemporaryFolder folder = new();
        foreach (string file in files.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            folder.With(file, "");

        BuiltInHandlers.StandsInFor(handler, folder.Path).ShouldBe(stands);
    }

    [Fact]
    public void ExampleInputs_Metadata_AreGuessedAndPreProcessed()
    {
        using EisenFolder folder = new(["x:-1,2,-1", "id:str"], ["y:-1"], ["x"], before: """[{"type": "eisen.transforms.AddChannelDimension", "params": {"fields": ["x"]}}]""");
        using EisenFolder listed = new(["x:list"], ["y:-1"]);
        using EisenFolder scripted = new(OneIn, OneOut, before: "dict_str_tensor");
        using EisenFolder impossible = new(OneIn, OneOut, before: """[{"type": "eisen.transforms.RenameFields", "params": {"fields": ["no"], "new_fields": ["x"]}}]""");
        using EisenFolder alone = new(["x:1,2"], OneOut);
        using EisenFolder large = new(["x:-1,1000000,1000"], OneOut);

        Shapes(folder, 1).ShouldBe(["float32[1, 1, 2, 16]"]);
        Shapes(folder, 4).ShouldBe(["float32[1, 4, 2, 16]"]);
        folder.MakeHandler().ExamplesAreGuessed.ShouldBeTrue();
        foreach (EisenFolder none in (EisenFolder[])[listed, scripted, impossible, large])
            none.MakeHandler().ExampleInputs(1).ShouldBeNull();
        Shapes(alone, 1).ShouldBe(["float32[1, 2]"]);
        alone.MakeHandler().ExampleInputs(2).ShouldBeNull();
    }

    private static string[] Shapes(EisenFolder folder, int batchSize)
    {
        TorchValue[] inputs = folder.MakeHandler().ExampleInputs(batchSize).ShouldNotBeNull();
        string[] shapes = Array.ConvertAll(inputs, input => ((TorchValue.Tensor)input).Array.ToString());
        Array.ForEach(inputs, input => ((TorchValue.Tensor)input).Array.Dispose());
        return shapes;
    }
}
