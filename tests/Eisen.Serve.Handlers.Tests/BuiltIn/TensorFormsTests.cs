using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

/// <summary>The tensor handler's other forms than raw bytes, several tensors, and trees.</summary>
public sealed class TensorFormsTests
{
    [Fact]
    public void Handle_Npy_GivesNpy()
    {
        using HandlerAnswer answer = Ask("double", Npy([1, -2, 3]));

        answer.ContentType.ShouldBe("application/x-npy");
        NpyFile.Read(answer.Content).AsSpan<float>().ToArray().ShouldBe([2, -4, 6]);
    }

    [Fact]
    public void Handle_Json_GivesJsonWithTheBatchDimension()
    {
        using HandlerAnswer answer = Ask("double", "[[1, 2], [3, 4]]");

        answer.ContentType.ShouldBe("application/json");
        Compact(answer).ShouldBe("[[2.0,4.0],[6.0,8.0]]");
    }

    [Theory]
    [InlineData("""{"x": [[1, 2]], "y": [[3, 4]]}""", "[[4.0,6.0]]")]
    [InlineData("""{"y": {"dtype": "int64", "data": [[3]]}, "x": {"datatype": "INT64", "data": [[1]]}}""", "[[4]]")]
    public void Handle_TensorsByName_GoToTheArgumentsOfThatName(string body, string wanted) => Compact(Ask("add", body)).ShouldBe(wanted);

    [Fact]
    public void Handle_SafetensorsOfSeveral_AreReadAndWrittenAsThePackageDoes()
    {
        using HandlerAnswer answer = Ask("five", SafetensorsOf(("x", "F32", [1, 2], [1f, 2f])));

        answer.ContentType.ShouldBe("application/x-safetensors");
        List<TensorInput> outputs = SafetensorsFile.Read(answer.Content);
        outputs.Select(output => output.Name).ShouldBe(["0", "1", "2", "3", "4", "5"]);
        outputs[5].Array.AsSpan<float>().ToArray().ShouldBe([6, 7]);
        outputs[5].Array.Shape.ToArray().ShouldBe([1, 2]);
    }

    [Fact]
    public void Handle_PartsOfMultipart_AreArgumentsByName()
    {
        HandlerRequest request = new([new RequestPart("y", null, Npy([3, 4])), new RequestPart("x", "application/json", "[1, 2]"u8.ToArray())], new RequestHeaders([new("Accept", "application/json")]));

        Compact(Handle("add", request).Single()).ShouldBe("[4.0,6.0]");
    }

    [Theory]
    [InlineData("list_of_tensors", "[[2.0],[1.0]]")]
    [InlineData("dict_str_tensor", """{"b":[2.0],"a":[4.0]}""")]
    public void Handle_ModuleThatTakesAListOrDict_GetsAllTensors(string module, string wanted) =>
        Compact(Ask(module, """{"b": [1], "a": [2]}""")).ShouldBe(wanted);

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/html, application/json;q=0.9, */*;q=0.1")]
    public void Handle_AcceptJson_GivesTheTreeAsJson(string accept)
    {
        HandlerRequest request = new([new RequestPart("body", null, Npy([1]))], new RequestHeaders([new("Accept", accept)]));

        Compact(Handle("five", request).Single()).ShouldBe("[[1.0],[2.0],[3.0],[4.0],[5.0],[6.0]]");
    }

    [Fact]
    public void Handle_RawAskedForATree_SaysThatItCannotBe()
    {
        HandlerRequest request = new([new RequestPart("body", null, Npy([1]))], new RequestHeaders([new("Accept", "application/octet-stream")]));

        HandlerAnswer answer = Handle("five", request).Single();

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldContain("the module returned a tuple: it can be sent as application/json or application/x-safetensors");
    }

    [Fact]
    public void Handle_AlikeRequestsOfSeveralTensors_RunTogetherAndGetTheirRows()
    {
        CountedModule module = new("add");
        HandlerRequest[] batch = [Request("""{"x": [[1]], "y": [[2]]}"""), Request("""{"x": [[3]], "y": [[4]]}"""), Request("""{"x": [[1, 1]], "y": [[2, 2]]}""")];

        IReadOnlyList<HandlerAnswer> answers = Handler().Handle(batch, module, CancellationToken.None);

        module.Inputs.ShouldBe(["float32[2, 1]", "float32[1, 2]"]);
        answers.Select(Compact).ShouldBe(["[[3.0]]", "[[7.0]]", "[[3.0,3.0]]"]);
    }

    [Fact]
    public void Handle_TreeOfABatch_IsTakenApart()
    {
        IReadOnlyList<HandlerAnswer> answers = Handle("five", Request("[[1]]"), Request("[[10]]"));

        answers.Select(Compact).ShouldBe(["[[[1.0]],[[2.0]],[[3.0]],[[4.0]],[[5.0]],[[6.0]]]", "[[[10.0]],[[11.0]],[[12.0]],[[13.0]],[[14.0]],[[15.0]]]"]);
    }

    [Theory]
    [InlineData("add", """{"x": [1]}""", "the module's argument 'y: Tensor' is missing")]
    [InlineData("add", """{"x": [1], "z": [1]}""", "the request has the tensors 'x', 'z', but the module takes x: Tensor, y: Tensor")]
    [InlineData("add", """{"x": [1], "x": [1]}""", "the JSON has 'x' twice")]
    [InlineData("add", """{"x": [1], "y": "text"}""", "the body must be nested lists of numbers")]
    [InlineData("add", """{"x": {"dtype": "float16", "data": [1]}}""", "the dtype 'float16' cannot be read from JSON")]
    [InlineData("add", """{}""", "the JSON object is empty")]
    [InlineData("add", """{"x": [1]""", "the body is not JSON")]
    public void Handle_JsonThatCannotBeUsed_SaysWhy(string module, string body, string message)
    {
        HandlerAnswer answer = Ask(module, body);

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "float32[2] takes 8 bytes, but tensor 'x' has 4")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,400]}}", "tensor 'x' lies outside of the safetensors file")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "tensor 'x' lies outside of the safetensors file")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "tensor 'x' of the safetensors file has a shape or place that is no whole number from 0")]
    [InlineData("{\"x\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,4]}}", "tensor 'x' has the dtype 'F8'")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", "tensor 'x' of the safetensors file has no 'data_offsets'")]
    [InlineData("{\"x\":{\"dtype\":\"BOOL\",\"shape\":[4],\"data_offsets\":[0,4]}}", "tensor 'x' has truth values other than 0 and 1")]
    [InlineData("{\"x\":1}", "the JSON must be an object here")]
    [InlineData("{\"x\"", "the body is not JSON")]
    public void Handle_SafetensorsThatIsBroken_SaysWhy(string header, string message)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        HandlerAnswer answer = Ask("identity", [.. BitConverter.GetBytes((long)text.Length), .. text, 0, 0, 128, 63]);

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData("""{"x": [1, 2]}""", "[2.0,4.0]")]
    [InlineData("""{"x": [1, 2], "scale": 3}""", "[3.0,6.0]")]
    public void Handle_PlainNumber_MayBeLeftOutOrGiven(string body, string wanted) => Compact(Ask("default_arguments", body)).ShouldBe(wanted);

    private static IModelHandler Handler() => BuiltInHandlers.Create(null, Modules.Context());

    private static HandlerAnswer Ask(string module, string body) => Handle(module, Request(body)).Single();

    private static HandlerAnswer Ask(string module, byte[] body) => Handle(module, Modules.Request(body)).Single();

    private static IReadOnlyList<HandlerAnswer> Handle(string module, params HandlerRequest[] batch)
    {
        using IScriptModule loaded = Modules.LoadFixture(module);
        return Handler().Handle(batch, loaded, CancellationToken.None);
    }

    private static HandlerRequest Request(string json) => new([new RequestPart("body", "application/json", Encoding.UTF8.GetBytes(json))]);

    private static string Compact(HandlerAnswer answer) => answer.Text().Replace(" ", "").Replace("\n", "");

    private static byte[] Npy(float[] numbers)
    {
        System.Buffers.ArrayBufferWriter<byte> file = new();
        NpyFile.Write(file, NDArray.Copy<float>(numbers, numbers.Length));
        return file.WrittenSpan.ToArray();
    }

    private static byte[] SafetensorsOf(params (string Name, string DType, int[] Shape, float[] Numbers)[] tensors)
    {
        Dictionary<string, object> header = new() { ["__metadata__"] = new { made = "by hand" } };
        List<byte> data = [];
        foreach ((string name, string dtype, int[] shape, float[] numbers) in tensors)
        {
            int begin = data.Count;
            data.AddRange(numbers.SelectMany(BitConverter.GetBytes));
            header[name] = new Dictionary<string, object> { ["dtype"] = dtype, ["shape"] = shape, ["data_offsets"] = new[] { begin, data.Count } };
        }

        byte[] text = JsonSerializer.SerializeToUtf8Bytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. data];
    }
}
