using System.Globalization;
using System.Net;

namespace Eisen.Serve.EndToEnd;

/// <summary>What large requests leave behind.</summary>
[Collection(AloneCollection.Name)]
public sealed class MemoryTests : IDisposable
{
    private const int Bytes = 1 << 24;

    // What the pool of connection memory may keep. A megabyte that every request leaves behind would be four times as much.
    private const int Constant = 64 << 20;

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task ResidentMemory_ManyLargeRequests_StaysAsItWas()
    {
        place.Configure($"max_request_size={Bytes}", $"max_response_size={Bytes}");
        place.StartWith(place.Pack("double", "tensor"));
        RawTensor tensor = new("float32", $"1,{Bytes / 4}", new byte[Bytes]);

        await AskAsync(tensor, 60);
        long early = ResidentBytes();
        await AskAsync(tensor, 240);
        long late = ResidentBytes();

        late.ShouldBeLessThan(early + early / 20 + Constant, $"{early >> 20} MiB after the first ones");
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task AskAsync(RawTensor tensor, int times)
    {
        // Read into one buffer: this process has better things to do than to collect gigabytes.
        byte[] answer = new byte[Bytes];
        for (int i = 0; i < times; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "predictions/double") { Content = new ByteArrayContent(tensor.Bytes) };
            request.Headers.Add("X-Tensor-Dtype", tensor.DType);
            request.Headers.Add("X-Tensor-Shape", tensor.Shape);
            using HttpResponseMessage response = await place.Inference.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            using Stream body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(answer);
        }
    }

    private long ResidentBytes()
    {
        string line = File.ReadLines($"/proc/{place.RecordedProcess}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }
}
