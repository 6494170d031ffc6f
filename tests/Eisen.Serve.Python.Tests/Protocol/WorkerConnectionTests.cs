using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Eisen.Serve.Python.Tests.Protocol;

public sealed class WorkerConnectionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WorkerConnection connection;
    private readonly Socket worker;

    public WorkerConnectionTests()
    {
        connection = WorkerConnection.Open(out SafeFileHandle end);
        worker = new Socket(new SafeSocketHandle(end.DangerousGetHandle(), ownsHandle: true));
        end.SetHandleAsInvalid();
    }

    [Fact]
    public void Send_Frame_IsLengthKindHeadAndContent()
    {
        connection.Send(FrameKind.Batch, "{}"u8, [new byte[] { 1, 2 }, new byte[] { 3 }], Patience);

        byte[] received = new byte[64];
        int count = worker.Receive(received);
        received[..count].ShouldBe(new byte[] { 10, 0, 0, 0, 2, 2, 0, 0, 0, (byte)'{', (byte)'}', 1, 2, 3 });
    }

    [Fact]
    public void Receive_FramesTogetherAndInPieces_GivesEach()
    {
        byte[] frame = [8, 0, 0, 0, 68, 2, 0, 0, 0, (byte)'{', (byte)'}', 7];
        worker.Send([.. frame, .. frame[..3]]);

        WorkerConnection.Frame first = connection.Receive(Patience)!.Value;
        first.Kind.ShouldBe(FrameKind.Done);
        first.Head.ToArray().ShouldBe("{}"u8.ToArray());
        first.Content.ToArray().ShouldBe(new byte[] { 7 });
        worker.Send(frame[3..]);
        connection.Receive(Patience)!.Value.Content.ToArray().ShouldBe(new byte[] { 7 });
    }

    [Fact]
    public async Task Receive_LargestFrame_ComesWhole()
    {
        byte[] frame = new byte[WorkerConnection.MaxFrame + 4];
        BitConverter.TryWriteBytes(frame, WorkerConnection.MaxFrame);
        frame[4] = 68;
        frame[^1] = 9;
        Task sending = Task.Run(() => worker.Send(frame));

        WorkerConnection.Frame received = connection.Receive(Patience)!.Value;

        received.Content.Length.ShouldBe(WorkerConnection.MaxFrame - 5);
        received.Content.Span[^1].ShouldBe((byte)9);
        await sending.WaitAsync(Patience);
    }

    [Theory]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 1, 0, 0, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 4, 0, 0, 0 })]
    [InlineData(new byte[] { 5, 0, 0, 0, 68, 1, 0, 0, 0 })]
    [InlineData(new byte[] { 5, 0, 0, 0, 68, 255, 255, 255, 255 })]
    public void Receive_NoFrame_IsRefused(byte[] sent)
    {
        worker.Send(sent);

        Should.Throw<ProtocolException>(() => connection.Receive(Patience));
    }

    [Fact]
    public void Receive_OtherEndCloses_IsTheEnd()
    {
        worker.Send([8, 0, 0]);
        worker.Dispose();

        connection.Receive(Patience).ShouldBeNull();
    }

    [Fact]
    public void Receive_NothingComes_ThrowsTimeout() => Should.Throw<TimeoutException>(() => connection.Receive(TimeSpan.FromMilliseconds(10)));

    [Fact]
    public void Send_WorkerDoesNotRead_ThrowsTimeout()
    {
        byte[] much = new byte[8 << 20];

        Should.Throw<TimeoutException>(() => connection.Send(FrameKind.Batch, "{}"u8, [much], TimeSpan.FromMilliseconds(50)));
    }

    public void Dispose()
    {
        connection.Dispose();
        worker.Dispose();
    }
}
