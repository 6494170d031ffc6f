using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Eisen.Serve.Configuration;
using Eisen.Serve.Hosting;
using Eisen.Serve.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Eisen.Serve.Tests.Hosting;

public sealed class ConnectionMemoryPoolTests : IDisposable
{
    private readonly ConnectionMemoryPool pool = new();

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(ConnectionMemoryPool.BlockSize)]
    public void Rent_UpToABlock_GivesAWholeOne(int least)
    {
        using IMemoryOwner<byte> block = pool.Rent(least);

        block.Memory.Length.ShouldBe(ConnectionMemoryPool.BlockSize);
        block.Memory.Span.Fill(1);
    }

    [Fact]
    public void Rent_LargerThanABlock_IsRefused()
    {
        pool.MaxBufferSize.ShouldBe(ConnectionMemoryPool.BlockSize);
        Should.Throw<ArgumentOutOfRangeException>(() => pool.Rent(ConnectionMemoryPool.BlockSize + 1));
    }

    [Fact]
    public void Rent_AfterOneWasReturned_GivesItAgain()
    {
        IMemoryOwner<byte> first = pool.Rent();
        using IMemoryOwner<byte> second = pool.Rent();
        byte[] array = ArrayOf(first);
        ArrayOf(second).ShouldNotBeSameAs(array);
        first.Dispose();

        using IMemoryOwner<byte> again = pool.Rent();

        ArrayOf(again).ShouldBeSameAs(array);
    }

    [Fact]
    public unsafe void Memory_WhenTheCollectorRuns_StaysWhereItIs()
    {
        using IMemoryOwner<byte> block = pool.Rent();
        nint before = (nint)Unsafe.AsPointer(ref ArrayOf(block)[0]);

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);

        ((nint)Unsafe.AsPointer(ref ArrayOf(block)[0])).ShouldBe(before);
    }

    [Fact]
    public void Rent_ManyThreads_NeverGivesABlockToTwo()
    {
        ConcurrentDictionary<byte[], byte> held = new();

        Parallel.For(0, 20_000, i =>
        {
            IMemoryOwner<byte> block = pool.Rent();
            byte[] array = ArrayOf(block);
            held.TryAdd(array, 0).ShouldBeTrue("somebody else has it");
            if (i % 64 == 0)
                Thread.Yield();
            held.TryRemove(array, out _);
            block.Dispose();
        });

        held.ShouldBeEmpty();
    }

    [Fact]
    public void Dispose_MoreBlocksThanAreKept_LeavesTheRestToTheCollector()
    {
        IMemoryOwner<byte>[] blocks = [.. Enumerable.Range(0, ConnectionMemoryPool.MostKept + 50).Select(_ => pool.Rent())];
        HashSet<byte[]> arrays = [.. blocks.Select(ArrayOf)];
        arrays.Count.ShouldBe(blocks.Length);
        Array.ForEach(blocks, block => block.Dispose());

        IMemoryOwner<byte>[] again = [.. Enumerable.Range(0, blocks.Length).Select(_ => pool.Rent())];

        again.Count(block => arrays.Contains(ArrayOf(block))).ShouldBe(ConnectionMemoryPool.MostKept);
    }

    [Fact]
    public void Create_Twice_GivesPoolsOfTheirOwn()
    {
        ConnectionMemoryPool.Factory factory = new();
        using MemoryPool<byte> first = factory.Create();
        using MemoryPool<byte> second = factory.Create(null);

        first.ShouldBeOfType<ConnectionMemoryPool>().ShouldNotBeSameAs(second);
    }

    [Fact]
    public async Task Server_ForItsConnections_HasThesePools()
    {
        await using LogFiles logs = LogFiles.None;
        ListenAddress address = new(IPAddress.Loopback, 0);
        ServerSettings settings = new() { LogFolder = "logs", InferenceAddress = address, ManagementAddress = address };

        await using WebApplication app = WebHost.Build(settings, "unpacked", logs);

        app.Services.GetRequiredService<IMemoryPoolFactory<byte>>().ShouldBeOfType<ConnectionMemoryPool.Factory>();
    }

    public void Dispose() => pool.Dispose();

    private static byte[] ArrayOf(IMemoryOwner<byte> block)
    {
        MemoryMarshal.TryGetArray(block.Memory, out ArraySegment<byte> segment).ShouldBeTrue();
        return segment.Array!;
    }
}
