namespace Eisen.Serve.Handlers.Tests.Contract;

public class RequestHeadersTests
{
    private static readonly RequestHeaders Headers = new([new("X-Tensor-Shape", "1,3"), new("accept", ""), new("X-TENSOR-SHAPE", "2")]);

    [Theory]
    [InlineData("X-Tensor-Shape", "1,3")]
    [InlineData("x-tensor-shape", "1,3")]
    [InlineData("ACCEPT", "")]
    [InlineData("X-Tensor", null)]
    [InlineData("", null)]
    public void Indexer_Name_IsLookedForWithoutCase(string name, string? value) => Headers[name].ShouldBe(value);

    [Fact]
    public void Fields_Several_KeepTheirOrder() => Headers.Fields.Select(field => field.Key).ShouldBe(["X-Tensor-Shape", "accept", "X-TENSOR-SHAPE"]);

    [Fact]
    public void None_AnyName_IsNotThere()
    {
        RequestHeaders.None.Fields.ShouldBeEmpty();
        RequestHeaders.None["Host"].ShouldBeNull();
    }
}
