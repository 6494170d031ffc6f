using Eisen.Serve.Data;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Client.Tests.Transport;

/// <summary>An answer takes no more memory than is allowed.</summary>
public sealed class AnswerSizeTests
{
    private const int Allowed = 100_000;

    [Fact]
    public async Task PredictAsync_ToldLengthBeyondTheLimit_IsRefusedBeforeItComes()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            context.Response.ContentLength = Allowed + 1;
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        EisenAnswerException error = await Should.ThrowAsync<EisenAnswerException>(AskAsync(server));

        error.Message.ShouldBe("The answer has 100001 bytes; at most 100000 are read (MaxAnswerBytes).");
    }

    [Fact]
    public async Task PredictAsync_EndlessAnswer_IsCutAtTheLimit()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            byte[] chunk = new byte[1 << 14];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
        });

        EisenAnswerException error = await Should.ThrowAsync<EisenAnswerException>(AskAsync(server));

        error.Message.ShouldBe("The answer has more bytes; at most 100000 are read (MaxAnswerBytes).");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PredictAsync_AsLongAsAllowed_IsRead(bool isLengthTold)
    {
        byte[] message = Messages.OfBytes("mask", Allowed);
        message.Length.ShouldBe(Allowed);
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            context.Response.ContentLength = isLengthTold ? message.Length : null;
            await context.Response.Body.WriteAsync(message);
        });

        using EisenServingClient client = new(server.Endpoint, new EisenServingClientOptions { MaxAnswerBytes = Allowed });
        using FieldDictionary inputs = new();
        using FieldDictionary outputs = await client.PredictAsync(inputs);

        outputs.Names.ShouldBe(["mask"]);
    }

    [Fact]
    public async Task GetMetadataAsync_EndlessAnswer_IsCut()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string(' ', 1 << 14), context.RequestAborted);
        });
        using EisenServingClient client = new(server.Endpoint);

        EisenAnswerException error = await Should.ThrowAsync<EisenAnswerException>(client.GetMetadataAsync());

        error.Message.ShouldStartWith("The answer has more bytes; at most 1048576 are read");
    }

    private static async Task AskAsync(FakeServer server)
    {
        using EisenServingClient client = new(server.Endpoint, new EisenServingClientOptions { MaxAnswerBytes = Allowed });
        using FieldDictionary inputs = new();
        using FieldDictionary outputs = await client.PredictAsync(inputs);
    }
}
