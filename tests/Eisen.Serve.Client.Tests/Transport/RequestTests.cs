using Eisen.Serve.Data;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Client.Tests.Transport;

/// <summary>What is sent.</summary>
public sealed class RequestTests
{
    private sealed record Seen(string Method, string Path, long? ContentLength, string? ContentType, string Accept, string Authorization, string Expect, byte[] Body);

    [Fact]
    public async Task GetMetadataAsync_Always_SendsAnEmptyPost()
    {
        Seen seen = await SeeAsync(async client => await client.GetMetadataAsync());

        seen.Method.ShouldBe("POST");
        seen.Path.ShouldBe("/predictions/brain");
        seen.ContentLength.ShouldBe(0);
        seen.ContentType.ShouldBeNull();
        seen.Accept.ShouldBe("application/json");
        seen.Authorization.ShouldBeEmpty();
    }

    [Fact]
    public async Task PredictAsync_Always_TellsTheLengthAndWhatItIs()
    {
        using FieldDictionary inputs = new();
        inputs["age"] = new FieldValue.Integer(61);

        Seen seen = await SeeAsync(client => AskAsync(client, inputs));

        seen.Method.ShouldBe("POST");
        seen.ContentType.ShouldBe("application/msgpack");
        seen.Accept.ShouldBe("application/msgpack");
        seen.Body.ShouldBe([0x81, 0xA3, (byte)'a', (byte)'g', (byte)'e', 61]);
        seen.ContentLength.ShouldBe(seen.Body.Length);
        seen.Expect.ShouldBeEmpty();
    }

    [Fact]
    public async Task PredictAsync_LargeBody_AsksWhetherItIsWanted()
    {
        using FieldDictionary inputs = new();
        inputs["image"] = inputs.Own(NDArray.Allocate(DType.UInt8, [2 << 20]));

        Seen seen = await SeeAsync(client => AskAsync(client, inputs));

        seen.Expect.ShouldBe("100-continue");
        seen.Body.Length.ShouldBeGreaterThan(2 << 20);
    }

    [Fact]
    public async Task PredictAsync_BearerToken_IsSent()
    {
        Seen seen = await SeeAsync(AskAsync, new EisenServingClientOptions { BearerToken = "q1w2" });

        seen.Authorization.ShouldBe("Bearer q1w2");
    }

    [Fact]
    public async Task PredictAsync_BearerTokenProvider_IsAskedEachTime()
    {
        int asked = 0;
        EisenServingClientOptions options = new() { BearerToken = "fixed", BearerTokenProvider = _ => ValueTask.FromResult<string?>($"key{++asked}") };

        Seen seen = await SeeAsync(
            async client =>
            {
                await client.GetMetadataAsync();
                await AskAsync(client);
            },
            options);

        seen.Authorization.ShouldBe("Bearer key2");
    }

    [Theory]
    [InlineData("secret\r\nX-Injected: yes")]
    [InlineData("secret ")]
    [InlineData("sécret")]
    public async Task PredictAsync_TokenThatNoHeaderCanCarry_IsRefusedWithoutRepeatingIt(string token)
    {
        await using FakeServer server = await FakeServer.StartAsync(_ => Task.CompletedTask);
        using EisenServingClient client = new(server.Endpoint, new EisenServingClientOptions { BearerToken = token });

        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(AskAsync(client));

        error.Message.ShouldStartWith("The bearer token has a character that a header field cannot carry");
        error.ToString().ShouldNotContain("cret");
        server.Requests.ShouldBe(0);
    }

    private static async Task AskAsync(EisenServingClient client)
    {
        using FieldDictionary inputs = new();
        await AskAsync(client, inputs);
    }

    private static async Task AskAsync(EisenServingClient client, FieldDictionary inputs)
    {
        using FieldDictionary outputs = await client.PredictAsync(inputs);
    }

    private static async Task<Seen> SeeAsync(Func<EisenServingClient, Task> ask, EisenServingClientOptions? options = null)
    {
        Seen? seen = null;
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            HttpRequest request = context.Request;
            using MemoryStream body = new();
            await request.Body.CopyToAsync(body);
            IHeaderDictionary headers = request.Headers;
            seen = new Seen(request.Method, request.Path, request.ContentLength, request.ContentType, headers.Accept.ToString(), headers.Authorization.ToString(), headers.Expect.ToString(), body.ToArray());
            await context.Response.Body.WriteAsync(body.Length == 0 ? Messages.EmptyMetadata : Messages.EmptyMap);
        });
        using EisenServingClient client = new(server.Endpoint, options ?? new EisenServingClientOptions());
        await ask(client);
        return seen.ShouldNotBeNull();
    }
}
