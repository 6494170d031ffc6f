namespace Eisen.Serve.Handlers.Tests.Contract;

public sealed class HandlerRequestTests
{
    [Fact]
    public void Dispose_Twice_DisposesWhatItHoldsOnce()
    {
        Tracked memory = new();
        Tracked decoded = new();
        HandlerRequest request = new([], memory: memory) { Decoded = decoded };

        request.Dispose();
        request.Dispose();

        memory.Disposals.ShouldBe(1);
        decoded.Disposals.ShouldBe(1);
        request.Decoded.ShouldBeNull();
    }

    [Fact]
    public void Dispose_DecodedLiesInTheMemory_GoesFirst()
    {
        List<string> order = [];
        HandlerRequest request = new([], memory: new Tracked(() => order.Add("memory"))) { Decoded = new Tracked(() => order.Add("decoded")) };

        request.Dispose();

        order.ShouldBe(["decoded", "memory"]);
    }

    [Fact]
    public void Dispose_HoldsNothing_DoesNothing() => Should.NotThrow(() => new HandlerRequest([]).Dispose());

    [Fact]
    public void Decoded_SetAgain_DisposesTheOneBefore()
    {
        Tracked first = new();
        Tracked second = new();
        HandlerRequest request = new([]) { Decoded = first };

        request.Decoded = second;

        first.Disposals.ShouldBe(1);
        second.Disposals.ShouldBe(0);
        request.Decoded.ShouldBe(second);
    }

    [Fact]
    public void Headers_LeftOut_AreNone() => new HandlerRequest([]).Headers.ShouldBe(RequestHeaders.None);

    [Theory]
    [InlineData("data", "body", "data")]
    [InlineData("body", "data", "data")]
    [InlineData("other", "body", "body")]
    [InlineData("Data", "other", null)]
    public void Payload_TwoParts_IsDataThenBody(string first, string second, string? expected) =>
        new HandlerRequest([Part(first), Part(second)]).Payload?.Name.ShouldBe(expected);

    [Fact]
    public void Payload_OnePart_IsThat()
    {
        new HandlerRequest([Part("anything")]).Payload!.Name.ShouldBe("anything");
        new HandlerRequest([]).Payload.ShouldBeNull();
    }

    private static RequestPart Part(string name) => new(name, null, default);

    private sealed class Tracked(Action? onDispose = null) : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose()
        {
            Disposals++;
            onDispose?.Invoke();
        }
    }
}
