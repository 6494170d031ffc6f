using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;

namespace Eisen.Serve.EndToEnd;

/// <summary>A tensor as the <c>tensor</c> handler takes and gives it.</summary>
/// <param name="DType">Its X-Tensor-Dtype.</param>
/// <param name="Shape">Its X-Tensor-Shape.</param>
/// <param name="Bytes">Its elements.</param>
public sealed record RawTensor(string? DType, string? Shape, byte[] Bytes)
{
    public static RawTensor Of(string shape, params float[] values) => new("float32", shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static RawTensor Of(string shape, params long[] values) => new("int64", shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public float[] Floats => MemoryMarshal.Cast<byte, float>(Bytes).ToArray();

    /// <summary>Asks a model.</summary>
    /// <returns>The status, the answer's tensor where it has one, and the body as text.</returns>
    public async Task<(HttpStatusCode Status, RawTensor Tensor, string Text)> AskAsync(HttpClient client, string model)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"predictions/{model}") { Content = new ByteArrayContent(Bytes) };
        if (DType is not null)
            request.Headers.Add("X-Tensor-Dtype", DType);
        if (Shape is not null)
            request.Headers.Add("X-Tensor-Shape", Shape);
        using HttpResponseMessage response = await client.SendAsync(request);
        RawTensor tensor = new(Field(response.Headers, "X-Tensor-Dtype"), Field(response.Headers, "X-Tensor-Shape"), await response.Content.ReadAsByteArrayAsync());
        return (response.StatusCode, tensor, await response.Content.ReadAsStringAsync());
    }

    private static string? Field(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(",", values) : null;
}
