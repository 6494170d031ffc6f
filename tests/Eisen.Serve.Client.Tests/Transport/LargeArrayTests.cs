using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Client.Tests.Transport;

/// <summary>A volume of 512 x 512 x 256 float32 there and back.</summary>
[Collection(AloneCollection.Name)]
public sealed class LargeArrayTests
{
    private const int Elements = 512 * 512 * 256;
    private const long ArrayBytes = Elements * (long)sizeof(float);

    // Buffers of both ends of the connection, which are in this process, and what .NET takes meanwhile.
    private const long Slack = 64 << 20;

    [Fact]
    public async Task PredictAsync_LargeArray_TakesItsBytesOnceEachWay()
    {
        long received = 0;
        await using FakeServer server = await FakeServer.StartAsync(async context =>
        {
            byte[] buffer = new byte[1 << 16];
            while (await context.Request.Body.ReadAsync(buffer) is int count and > 0)
                received += count;

            byte[] head = Messages.BeginFloats("mask", Elements);
            context.Response.ContentLength = head.Length + ArrayBytes;
            await context.Response.Body.WriteAsync(head);
            buffer.AsSpan().Fill(0x40);
            for (long sent = 0; sent < ArrayBytes; sent += buffer.Length)
                await context.Response.Body.WriteAsync(buffer);
        });
        using EisenServingClient client = new(server.Endpoint);
        using FieldDictionary inputs = new();
        NDArray volume = inputs.Own(NDArray.Allocate(DType.Float32, [Elements]));
        volume.Memory.Span.Fill(1);
        inputs["image"] = volume;

        long before = ResidentMemory.Bytes();
        ResidentMemory.ForgetPeak();
        using FieldDictionary outputs = await client.PredictAsync(inputs);
        long peak = ResidentMemory.Peak();

        received.ShouldBeInRange(ArrayBytes, ArrayBytes + 100);
        NDArray mask = outputs.Array("mask");
        mask.Memory.Length.ShouldBe((int)ArrayBytes);
        mask.Memory.Span[^1].ShouldBe((byte)0x40);
        // The volume lay there before; the answer comes to it.
        (peak - before).ShouldBeLessThan(ArrayBytes + Slack);
    }
}
