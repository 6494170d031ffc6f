using System.Net;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>The <c>tensor</c> handler over HTTP.</summary>
public sealed class TensorTests(TensorServer server) : IClassFixture<TensorServer>
{
    private readonly HttpClient client = server.Place.Inference;

    [Fact]
    public async Task Ask_Float32_ComesBackBitForBit()
    {
        RawTensor sent = RawTensor.Of("2,3", 1.5f, -0f, float.NaN, float.PositiveInfinity, float.Epsilon, float.MaxValue);

        (HttpStatusCode status, RawTensor given, _) = await sent.AskAsync(client, "identity");

        status.ShouldBe(HttpStatusCode.OK);
        (given.DType, given.Shape).ShouldBe(("float32", "2,3"));
        given.Bytes.ShouldBe(sent.Bytes);
    }

    [Fact]
    public async Task Ask_Int64_ComesBackBitForBit()
    {
        RawTensor sent = RawTensor.Of("1,3", long.MinValue, -1, long.MaxValue);

        (HttpStatusCode status, RawTensor given, _) = await sent.AskAsync(client, "identity");

        status.ShouldBe(HttpStatusCode.OK);
        (given.DType, given.Shape).ShouldBe(("int64", "1,3"));
        given.Bytes.ShouldBe(sent.Bytes);
    }

    [Fact]
    public async Task Ask_SeveralRows_AreTheModulesBatch()
    {
        (_, RawTensor doubled, _) = await RawTensor.Of("3,2", 1f, 2f, 3f, 4f, 5f, 6f).AskAsync(client, "double");
        (_, RawTensor turned, _) = await RawTensor.Of("3,2", 1f, 2f, 3f, 4f, 5f, 6f).AskAsync(client, "strided");

        doubled.Shape.ShouldBe("3,2");
        doubled.Floats.ShouldBe([2, 4, 6, 8, 10, 12]);
        turned.Shape.ShouldBe("2,3");
        turned.Floats.ShouldBe([1, 3, 5, 2, 4, 6]);
    }

    [Theory]
    [InlineData("0,4", 0)]
    [InlineData("", 4)]
    [InlineData("1,1,1,1,1", 4)]
    public async Task Ask_UnusualShape_ComesBack(string shape, int bytes)
    {
        (HttpStatusCode status, RawTensor given, _) = await new RawTensor("float32", shape, new byte[bytes]).AskAsync(client, "double");

        status.ShouldBe(HttpStatusCode.OK);
        (given.Shape ?? "").ShouldBe(shape);
        given.Bytes.Length.ShouldBe(bytes);
    }

    [Theory]
    [InlineData(null, "1,4", 16, "the header field X-Tensor-Dtype is missing")]
    [InlineData("float32", null, 16, "the header field X-Tensor-Shape is missing")]
    [InlineData("uint16", "1,4", 8, "X-Tensor-Dtype is 'uint16'; it takes a dtype such as")]
    [InlineData("floaty", "1,4", 16, "X-Tensor-Dtype is 'floaty'; it takes a dtype such as")]
    [InlineData("float32", "1,4", 15, "float32[1,4] takes 16 bytes, but the body has 15")]
    [InlineData("float32", "1,4", 0, "float32[1,4] takes 16 bytes, but the body has 0")]
    [InlineData("int64", "1,4", 16, "int64[1,4] takes 32 bytes, but the body has 16")]
    [InlineData("float32", "-1,4", 16, "X-Tensor-Shape -1,4 of float32 has a negative dimension")]
    [InlineData("float32", "-1,-4", 16, "has a negative dimension")]
    [InlineData("float32", "4294967296,4294967296", 16, "takes more than 2 GiB")]
    [InlineData("float32", "1,four", 16, "X-Tensor-Shape is '1,four'; it takes up to 16 whole numbers")]
    [InlineData("float32", "1;4", 16, "it takes up to 16 whole numbers")]
    [InlineData("float32", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4", 16, "it takes up to 16 whole numbers")]
    public async Task Ask_WrongTensor_Is400AndSaysWhatWouldBeRight(string? dtype, string? shape, int bytes, string message)
    {
        (HttpStatusCode status, _, string text) = await new RawTensor(dtype, shape, new byte[bytes]).AskAsync(client, "double");

        status.ShouldBe(HttpStatusCode.BadRequest);
        using JsonDocument error = JsonDocument.Parse(text);
        error.RootElement.GetProperty("type").GetString().ShouldBe("BadRequestException");
        error.RootElement.GetProperty("message").GetString()!.ShouldContain(message);
    }
}
