using Eisen.Serve.Data;

namespace Eisen.Serve.Client.Tests;

/// <summary>How a client is made.</summary>
public sealed class EisenServingClientTests
{
    [Theory]
    [InlineData("predictions/brain")]
    [InlineData("/predictions/brain")]
    [InlineData("ftp://127.0.0.1/predictions/brain")]
    public void Constructor_EndpointThatCannotBe_IsRefused(string endpoint) =>
        Should.Throw<ArgumentException>(() => new EisenServingClient(new Uri(endpoint, UriKind.RelativeOrAbsolute)))
            .Message.ShouldContain("is not an address of http or https, such as http://127.0.0.1:8080/predictions/brain");

    public static TheoryData<EisenServingClientOptions, string> BadOptions => new()
    {
        { new EisenServingClientOptions { Timeout = TimeSpan.Zero }, "Timeout is 00:00:00;" },
        { new EisenServingClientOptions { Timeout = TimeSpan.FromSeconds(-2) }, "Timeout is -00:00:02;" },
        { new EisenServingClientOptions { Timeout = TimeSpan.MaxValue }, "Timeout is 10675199.02:48:05.4775807; it takes a time above zero and at most 24 days," },
        { new EisenServingClientOptions { MaxAnswerBytes = 0 }, "MaxAnswerBytes is 0; it takes 1 to 2147483591." },
        { new EisenServingClientOptions { MaxAnswerBytes = 1L << 31 }, "MaxAnswerBytes is 2147483648; it takes 1 to 2147483591." },
        { new EisenServingClientOptions { MaxRetries = -1 }, "MaxRetries is -1; it takes 0 to 10." },
        { new EisenServingClientOptions { MaxRetries = 11 }, "MaxRetries is 11; it takes 0 to 10." },
    };

    [Theory]
    [MemberData(nameof(BadOptions), DisableDiscoveryEnumeration = true)]
    public void Constructor_OptionThatCannotBe_IsRefused(EisenServingClientOptions options, string problem) =>
        Should.Throw<ArgumentException>(() => new EisenServingClient(new Uri("http://127.0.0.1/predictions/brain"), options)).Message.ShouldStartWith(problem);

    [Fact]
    public async Task ConnectAsync_ServerAnswers_HasTheMetadata()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context => await context.Response.Body.WriteAsync(
            context.Request.ContentLength == 0 ? Messages.EmptyMetadata : Messages.EmptyMap));

        using EisenServingClient client = await EisenServingClient.ConnectAsync(server.Endpoint, new EisenServingClientOptions { ValidateInputs = true });
        using FieldDictionary inputs = new();
        using FieldDictionary outputs = await client.PredictAsync(inputs);

        server.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task ConnectAsync_NoMetadataThere_Fails()
    {
        await using FakeServer server = await FakeServer.StartAsync(404, """{"code": 404, "type": "ModelNotFoundException", "message": "Model not found: brain"}""");

        await Should.ThrowAsync<EisenServerException>(EisenServingClient.ConnectAsync(server.Endpoint));
    }

    [Fact]
    public async Task Dispose_CallersHttpClient_IsLeftOpen()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context => await context.Response.Body.WriteAsync(Messages.EmptyMetadata));
        using HttpClient http = new();

        new EisenServingClient(server.Endpoint, new EisenServingClientOptions(), http).Dispose();

        (await http.GetStringAsync(server.Endpoint)).ShouldContain("inputs");
    }

    [Fact]
    public async Task PredictAsync_Disposed_SaysSo()
    {
        EisenServingClient client = new(new Uri("http://127.0.0.1:1/predictions/brain"));
        client.Dispose();
        using FieldDictionary inputs = new();

        await Should.ThrowAsync<ObjectDisposedException>(client.PredictAsync(inputs));
    }
}
