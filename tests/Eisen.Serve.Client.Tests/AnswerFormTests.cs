using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Client.Tests;

/// <summary>Answers of success that are not what they should be.</summary>
public sealed class AnswerFormTests
{
    public static TheoryData<byte[], string> BadAnswers => new()
    {
        { [], "The answer is not in Eisen's form: " },
        { [0xC1], "The answer is not in Eisen's form: " },
        { [0x90], "The answer is not in Eisen's form: the message is not a map from field names to values." },
        { [0x81, 0xA1, (byte)'a', 0xC6, 0x7F, 0xFF, 0xFF, 0xFF], "The answer is not in Eisen's form: " },
        { Encoding.UTF8.GetBytes("""{"inputs": []}"""), "; it looks like JSON, with which the original Eisen answers when an input is missing." },
    };

    [Theory]
    [MemberData(nameof(BadAnswers), DisableDiscoveryEnumeration = true)]
    public async Task PredictAsync_AnswerInAnotherForm_SaysWhatIsWrong(byte[] answer, string problem)
    {
        await using FakeServer server = await FakeServer.StartAsync(async context => await context.Response.Body.WriteAsync(answer));
        using EisenServingClient client = new(server.Endpoint);
        using FieldDictionary inputs = new();

        EisenAnswerException error = await Should.ThrowAsync<EisenAnswerException>(client.PredictAsync(inputs));

        error.Message.ShouldContain(problem);
        error.IsRetryable.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"inputs": 3}""")]
    public async Task GetMetadataAsync_AnswerIsNoMetadata_SaysSo(string answer)
    {
        await using FakeServer server = await FakeServer.StartAsync(200, answer);
        using EisenServingClient client = new(server.Endpoint);

        EisenAnswerException error = await Should.ThrowAsync<EisenAnswerException>(client.GetMetadataAsync());

        error.Message.ShouldStartWith("The answer to an empty request is not a model's metadata: ");
    }

    [Fact]
    public async Task PredictAsync_GoodAnswer_HasItsArraysUntilItIsDisposed()
    {
        byte[] answer = [.. Messages.BeginFloats("mask", 2), .. new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0 }];
        await using FakeServer server = await FakeServer.StartAsync(async context => await context.Response.Body.WriteAsync(answer));
        using EisenServingClient client = new(server.Endpoint);
        using FieldDictionary inputs = new();

        FieldDictionary outputs = await client.PredictAsync(inputs);
        NDArray mask = outputs.Array("mask");
        mask.AsSpan<float>().ToArray().ShouldBe([1, -2]);
        outputs.Dispose();

        Should.Throw<ObjectDisposedException>(() => mask.AsSpan<float>().Length);
    }
}
