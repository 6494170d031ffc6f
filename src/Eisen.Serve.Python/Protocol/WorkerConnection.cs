using System.Buffers;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace Eisen.Serve.Python;

/// <summary>The server's end of a worker's socket: frames in both directions. One thread reads; others may send.</summary>
internal sealed class WorkerConnection : IDisposable
{
    /// <summary>The largest frame, in bytes.</summary>
    public const int MaxFrame = 16 << 20;

    // The frame's length; its kind and its head's length are counted in it.
    private const int LengthSize = sizeof(uint);
    private const int KindAndHeadLengthSize = 1 + sizeof(uint);
    private const int FirstBufferSize = 64 << 10;

    private readonly Socket socket;
    private readonly Lock sending = new();
    private int sendTimeout;
    private int receiveTimeout;
    private byte[] buffer = new byte[FirstBufferSize];
    private int begin;
    private int end;

    private WorkerConnection(Socket socket) => this.socket = socket;

    /// <summary>Makes a connection, and the other end of it for a worker.</summary>
    /// <exception cref="Win32Exception">The system has no descriptors left.</exception>
    public static unsafe WorkerConnection Open(out SafeFileHandle workersEnd)
    {
        int* ends = stackalloc int[2];
        if (NativeMethods.SocketPair(NativeMethods.UnixFamily, NativeMethods.StreamSocket | NativeMethods.SocketCloseOnExec, 0, ends) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        workersEnd = new SafeFileHandle(ends[1], ownsHandle: true);
        return new WorkerConnection(new Socket(new SafeSocketHandle(ends[0], ownsHandle: true)));
    }

    /// <summary>Sends a frame.</summary>
    /// <param name="kind">What it says.</param>
    /// <param name="head">Its head, JSON.</param>
    /// <param name="content">What follows the head.</param>
    /// <param name="timeout">How long the worker may take to accept it.</param>
    /// <exception cref="TimeoutException">The worker does not read it in time.</exception>
    /// <exception cref="SocketException">The worker has gone.</exception>
    public void Send(FrameKind kind, ReadOnlySpan<byte> head, IReadOnlyList<ReadOnlyMemory<byte>> content, TimeSpan timeout)
    {
        long contentLength = 0;
        for (int i = 0; i < content.Count; i++)
            contentLength += content[i].Length;
        long length = KindAndHeadLengthSize + head.Length + contentLength;
        if (length > MaxFrame)
            throw new InvalidOperationException($"A frame of {length} bytes was to be sent. This is a bug.");

        byte[] frame = ArrayPool<byte>.Shared.Rent((int)(LengthSize + length));
        try
        {
            BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)length);
            frame[LengthSize] = (byte)kind;
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(LengthSize + 1), (uint)head.Length);
            int at = LengthSize + KindAndHeadLengthSize;
            head.CopyTo(frame.AsSpan(at));
            at += head.Length;
            for (int i = 0; i < content.Count; i++)
            {
                content[i].Span.CopyTo(frame.AsSpan(at));
                at += content[i].Length;
            }

            lock (sending)
            {
                // Setting it is a call to the system, which is the same for one batch after the other.
                if (Milliseconds(timeout) is int wanted && wanted != sendTimeout)
                    socket.SendTimeout = sendTimeout = wanted;
                for (int sent = 0; sent < at;)
                    sent += socket.Send(frame.AsSpan(sent, at - sent), SocketFlags.None);
            }
        }
        catch (SocketException late) when (IsTimeout(late))
        {
            throw new TimeoutException("The worker did not read in time.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Sends a frame without a head, and with it descriptors for the worker.</summary>
    /// <exception cref="Win32Exception">The worker has gone.</exception>
    public unsafe void SendDescriptors(FrameKind kind, ReadOnlySpan<int> descriptors)
    {
        const int ControlHeadSize = 16; // of struct cmsghdr, on 64 bits
        Span<byte> frame = [KindAndHeadLengthSize + 2, 0, 0, 0, (byte)kind, 2, 0, 0, 0, (byte)'{', (byte)'}'];
        int controlLength = ControlHeadSize + (descriptors.Length * sizeof(int));
        Span<byte> control = stackalloc byte[(controlLength + 7) / 8 * 8];
        BinaryPrimitives.WriteInt64LittleEndian(control, controlLength);
        BinaryPrimitives.WriteInt32LittleEndian(control[8..], NativeMethods.SocketLevel);
        BinaryPrimitives.WriteInt32LittleEndian(control[12..], NativeMethods.DescriptorRights);
        MemoryMarshal.AsBytes(descriptors).CopyTo(control[ControlHeadSize..]);
        lock (sending)
        {
            fixed (byte* frameStart = frame, controlStart = control)
            {
                NativeMethods.Piece piece = new() { Start = frameStart, Length = (nuint)frame.Length };
                NativeMethods.Message message = new() { Pieces = &piece, PieceCount = 1, Control = controlStart, ControlLength = (nuint)control.Length };
                // So few bytes go at once, or not at all.
                if (NativeMethods.SendMessage((int)socket.Handle, &message, NativeMethods.DoNotSignal) != frame.Length)
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <summary>Waits for the next frame; it is valid until the next one is asked for.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>The frame; null when the worker has closed its end.</returns>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    /// <exception cref="ProtocolException">What came is no frame.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public Frame? Receive(TimeSpan timeout)
    {
        if (Milliseconds(timeout) is int wanted && wanted != receiveTimeout)
            socket.ReceiveTimeout = receiveTimeout = wanted;
        if (!Fill(LengthSize))
            return null;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(begin));
        if (length is < KindAndHeadLengthSize or > MaxFrame)
            throw new ProtocolException($"it sent a frame of {length} bytes");
        if (!Fill(LengthSize + (int)length))
            return null;

        Memory<byte> frame = buffer.AsMemory(begin + LengthSize, (int)length);
        begin += LengthSize + (int)length;
        uint headLength = BinaryPrimitives.ReadUInt32LittleEndian(frame.Span[1..]);
        if (headLength > length - KindAndHeadLengthSize)
            throw new ProtocolException($"it sent a frame of {length} bytes with a head of {headLength}");
        Memory<byte> rest = frame[KindAndHeadLengthSize..];
        return new Frame((FrameKind)frame.Span[0], rest[..(int)headLength], rest[(int)headLength..]);
    }

    /// <summary>Makes whoever waits for a frame find the end.</summary>
    public void Shutdown()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // It is shut already.
        }
    }

    public void Dispose() => socket.Dispose();

    private static int Milliseconds(TimeSpan timeout) => (int)Math.Clamp(timeout.TotalMilliseconds, 1, int.MaxValue);

    private static bool IsTimeout(SocketException failure) => failure.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock;

    private bool Fill(int count)
    {
        if (begin == end)
            (begin, end) = (0, 0);
        if (begin + count > buffer.Length)
        {
            byte[] larger = count > buffer.Length ? new byte[count] : buffer;
            Buffer.BlockCopy(buffer, begin, larger, 0, end - begin);
            (buffer, begin, end) = (larger, 0, end - begin);
        }

        while (end - begin < count)
        {
            int received;
            try
            {
                received = socket.Receive(buffer.AsSpan(end), SocketFlags.None);
            }
            catch (SocketException late) when (IsTimeout(late))
            {
                throw new TimeoutException("The worker did not answer in time.");
            }

            if (received == 0)
                return false;
            end += received;
        }

        return true;
    }

    /// <summary>A frame that was received.</summary>
    /// <param name="Kind">What it says.</param>
    /// <param name="Head">Its head, JSON.</param>
    /// <param name="Content">What follows the head.</param>
    public readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Content)
    {
        /// <summary>Reads the head.</summary>
        /// <exception cref="ProtocolException">It is not what this kind of frame has.</exception>
        public T Read<T>(JsonTypeInfo<T> type)
        {
            try
            {
                return JsonSerializer.Deserialize(Head.Span, type) ?? throw new ProtocolException($"the head of its {Kind} is null");
            }
            catch (JsonException mistake)
            {
                throw new ProtocolException($"the head of its {Kind} is wrong: {mistake.Message}");
            }
        }
    }
}
