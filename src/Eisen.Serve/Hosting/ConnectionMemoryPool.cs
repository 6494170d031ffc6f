using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Eisen.Serve.Hosting;

/// <summary>
/// The memory that bytes lie in between a socket and a request. Kestrel's own blocks have 4 KiB, so that a picture is received,
/// and a tensor sent, in dozens of pieces; with these it is an eighth. A connection without a request holds none.
/// </summary>
internal sealed class ConnectionMemoryPool : MemoryPool<byte>
{
    /// <summary>The length of a block, in bytes.</summary>
    public const int BlockSize = 1 << 15;

    /// <summary>The most blocks that are kept: 64 MiB for a listener, which has a pool for each of its queues, one a core up to 16. What
    /// more there was in a rush is left to the garbage collector.</summary>
    public static readonly int MostKept = 2048 / Math.Clamp(Environment.ProcessorCount, 1, 16);

    private readonly ConcurrentStack<Block> free = new();
    private int kept;

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (!free.TryPop(out Block? block))
            return new Block(this);
        Interlocked.Decrement(ref kept);
        return block;
    }

    protected override void Dispose(bool disposing) => free.Clear();

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref kept) <= MostKept)
            free.Push(block);
        else
            Interlocked.Decrement(ref kept);
    }

    // Sockets read into it and write from it while the collector works: it must not be moved.
    private sealed class Block(ConnectionMemoryPool pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        public void Dispose() => pool.Return(this);
    }

    /// <summary>Gives Kestrel these pools.</summary>
    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new ConnectionMemoryPool();
    }
}
