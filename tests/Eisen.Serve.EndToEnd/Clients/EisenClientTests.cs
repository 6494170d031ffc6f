using System.Net;
using System.Text.Json;
using Eisen.Serve.Client;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>The C# client against the real server.</summary>
public sealed class EisenClientTests(EisenClientServer server) : IClassFixture<EisenClientServer>
{
    [Fact]
    public async Task GetMetadataAsync_OriginalsModel_IsWhatWasPacked()
    {
        using EisenServingClient client = new(server.Endpoint);

        EisenMetadata metadata = await client.GetMetadataAsync();

        metadata.ToJson().ShouldBe(EisenMetadata.Read(File.ReadAllBytes(References.Eisen("served/metadata.json"))).ToJson());
    }

    [Theory]
    [InlineData("one")]
    [InlineData("batch_of_three")]
    [InlineData("float64")]
    [InlineData("int16")]
    public async Task PredictAsync_OriginalsRequest_GetsTheOriginalsAnswer(string name)
    {
        (byte[] request, byte[] response) = CaseOf(name);
        using EisenServingClient client = new(server.Endpoint, validateInputs: true);
        using FieldDictionary inputs = EisenMessagePack.ReadFields(request);

        using FieldDictionary outputs = await client.PredictAsync(inputs);

        using FieldDictionary wanted = EisenMessagePack.ReadFields(response);
        outputs.Names.ShouldBe(wanted.Names);
        outputs["note"].ShouldBe(wanted["note"]);
        outputs.Array("logits").ToString().ShouldBe(wanted.Array("logits").ToString());
        float[] logits = outputs.Array("logits").AsSpan<float>().ToArray();
        float[] wantedLogits = wanted.Array("logits").AsSpan<float>().ToArray();
        for (int i = 0; i < logits.Length; i++)
            logits[i].ShouldBe(wantedLogits[i], 1e-5 * Math.Max(1, Math.Abs(wantedLogits[i])));
    }

    [Fact]
    public async Task PredictAsync_InputIsMissing_IsTheServers400ThatNamesIt()
    {
        using EisenServingClient client = new(server.Endpoint);
        using FieldDictionary inputs = new();

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(client.PredictAsync(inputs));

        error.Status.ShouldBe(HttpStatusCode.BadRequest);
        error.Code.ShouldBe(400);
        error.Type.ShouldBe("BadRequestException");
        error.ServerMessage.ShouldContain("'image'");
        error.RequestId.ShouldNotBeNull();
    }

    [Fact]
    public async Task PredictAsync_ClientAndServerValidate_AgreeOnWhatIsWrong()
    {
        using FieldDictionary inputs = new();
        inputs["image"] = inputs.Own(NDArray.Allocate(DType.Float32, [1, 3, 4, 4, 4]));
        using EisenServingClient checking = new(server.Endpoint, validateInputs: true);
        using EisenServingClient sending = new(server.Endpoint);

        EisenInputException problem = await Should.ThrowAsync<EisenInputException>(checking.PredictAsync(inputs));
        EisenServerException error = await Should.ThrowAsync<EisenServerException>(sending.PredictAsync(inputs));

        error.ServerMessage.ShouldContain(problem.Problems.ShouldHaveSingleItem());
    }

    [Fact]
    public async Task PredictAsync_NoSuchModel_IsTheServers404()
    {
        using EisenServingClient client = new(server.EndpointOf("brain"));
        using FieldDictionary inputs = new();

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(client.PredictAsync(inputs));

        error.Status.ShouldBe(HttpStatusCode.NotFound);
        error.Type.ShouldBe("ModelNotFoundException");
        error.ServerMessage.ShouldBe("Model not found: brain");
    }

    [Fact]
    public async Task PredictAsync_ModelFails_MayNotBeAskedAgain()
    {
        using EisenServingClient client = new(server.EndpointOf(EisenClientServer.Picky));
        using FieldDictionary inputs = new();
        inputs["x"] = inputs.Own(NDArray.Copy<float>([-1], 1));

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(client.PredictAsync(inputs));

        error.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        error.Type.ShouldBe("InternalServerException");
        error.IsRetryable.ShouldBeFalse();
    }

    [Fact]
    public async Task PredictAsync_BodyTooLarge_IsRefusedUnsent()
    {
        using EisenServingClient client = new(server.Endpoint);
        using FieldDictionary inputs = new();
        inputs["image"] = inputs.Own(NDArray.Allocate(DType.UInt8, [1, 1, 1024, 1024, 16]));

        EisenServerException error = await Should.ThrowAsync<EisenServerException>(client.PredictAsync(inputs));

        error.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    private static (byte[] Request, byte[] Response) CaseOf(string name)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(References.Eisen("served/cases.json")));
        JsonElement found = cases.RootElement.EnumerateArray().Single(each => each.GetProperty("name").GetString() == name);
        return (found.GetProperty("request_base64").GetBytesFromBase64(), found.GetProperty("response_base64").GetBytesFromBase64());
    }
}
