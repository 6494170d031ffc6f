namespace Eisen.Serve.Python.Tests.Protocol;

public sealed class SharedSegmentTests : IDisposable
{
    private readonly SharedSegment shared = new();

    [Fact]
    public void Reserve_WorkerHasMadeItLarger_MapsWhatWasAskedFor()
    {
        RandomAccess.SetLength(shared.Handle, 1L << 50);

        shared.Reserve(4096);

        shared.Capacity.ShouldBe(4096);
        shared.Slice(0, 4096).Fill(7);
        Should.Throw<ProtocolException>(() => shared.Slice(1, 4096));
    }

    [Fact]
    public void Reserve_MoreThanThereCanBe_KeepsWhatThereIs()
    {
        shared.Reserve(4096);
        shared.Slice(0, 1)[0] = 7;

        Should.Throw<IOException>(() => shared.Reserve(1L << 50));

        shared.Slice(0, 1)[0].ShouldBe((byte)7);
        shared.Reserve(8192);
        shared.Capacity.ShouldBe(8192);
        shared.Slice(0, 1)[0].ShouldBe((byte)7);
    }

    public void Dispose() => shared.Dispose();
}
