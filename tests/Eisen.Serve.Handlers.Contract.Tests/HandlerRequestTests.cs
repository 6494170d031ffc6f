using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Contract.Tests;

/// <summary>What somebody's own tests of a handler can do without a server.</summary>
public sealed class HandlerRequestTests
{
    [Fact]
    public void RequiredPayload_SeveralPartsWithoutOneForIt_SaysWhatWouldBeRight()
    {
        HandlerRequest request = new([new RequestPart("left", null, default), new RequestPart("right", null, default)]);

        Should.Throw<BadInputException>(() => request.RequiredPayload).Message.ShouldContain("'data' or 'body'");
    }

    [Fact]
    public void BeginAnswer_WithoutAServer_HasNoReader() => new HandlerRequest([]).BeginAnswer().Write("part"u8.ToArray()).ShouldBeFalse();

    [Fact]
    public void Abandoned_WithoutAServer_IsNeverCancelled() => new HandlerRequest([]).Abandoned.CanBeCanceled.ShouldBeFalse();

    [Fact]
    public void ArrayHandler_WithoutAServer_RunsWhatItOverrides()
    {
        Halves handler = new();

        using NDArray array = handler.Decode(new HandlerRequest([]));

        array.AsSpan<float>().ToArray().ShouldBe([0.5f]);
        Should.Throw<InvalidOperationException>(() => handler.Encode(array, new HandlerRequest([]))).Message.ShouldContain("server");
    }

    private sealed class Halves : ArrayHandler
    {
        public override NDArray Decode(HandlerRequest request) => NDArray.Copy<float>([0.5f], 1);
    }
}
