using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Data.Tests.Arrays;

/// <summary>The pool is the process's own, and may keep blocks of tests before.</summary>
[Collection(AloneCollection.Name)]
public unsafe class NativeMemoryPoolTests
{
    private const int MostKept = 1 << 28;
    private const int Smallest = 1 << 13;

    [Theory]
    [InlineData(Smallest, Smallest)]
    [InlineData(Smallest + 1, 1 << 14)]
    [InlineData(100_000, 131_072)]
    [InlineData(131_072, 70_000)]
    [InlineData(3_000_000, 4_194_304)]
    public void Rent_LengthOfTheSameOrder_GivesTheBlockThatWasReturned(int first, int second)
    {
        void* block = NativeMemoryPool.Rent(first);
        NativeMemoryPool.Return(block, first);
        long kept = NativeMemoryPool.Kept;

        void* again = NativeMemoryPool.Rent(second);

        ((nint)again).ShouldBe((nint)block);
        NativeMemoryPool.Kept.ShouldBe(kept - (long)BitOperations.RoundUpToPowerOf2((uint)first));
        // The whole of the larger length can be written to.
        new Span<byte>(again, Math.Max(first, second)).Fill(1);
        NativeMemoryPool.Return(again, second);
        NativeMemoryPool.Kept.ShouldBe(kept);
    }

    [Fact]
    public void Rent_LengthOfAnotherOrder_GivesAnotherBlock()
    {
        void* block = NativeMemoryPool.Rent(50_000);
        NativeMemoryPool.Return(block, 50_000);

        void* larger = NativeMemoryPool.Rent(70_000);

        ((nint)larger).ShouldNotBe((nint)block);
        NativeMemoryPool.Return(larger, 70_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Smallest - 1)]
    [InlineData(MostKept + 1)]
    public void Return_TooSmallOrTooLargeForThePool_IsNotKept(int length)
    {
        long kept = NativeMemoryPool.Kept;

        void* block = NativeMemoryPool.Rent(length);
        ((nint)block % NativeMemoryPool.Alignment).ShouldBe(0);
        NativeMemoryPool.Return(block, length);

        NativeMemoryPool.Kept.ShouldBe(kept);
    }

    [Fact]
    public void Return_MoreThanIsKept_KeepsNoMore()
    {
        // Nobody writes to them: they take addresses, and no memory.
        const int length = MostKept / 4;
        nint[] blocks = new nint[6];
        for (int i = 0; i < blocks.Length; i++)
            blocks[i] = (nint)NativeMemoryPool.Rent(length);
        blocks.Distinct().Count().ShouldBe(blocks.Length);

        foreach (nint block in blocks)
        {
            NativeMemoryPool.Return((void*)block, length);
            NativeMemoryPool.Kept.ShouldBeLessThanOrEqualTo(MostKept);
        }

        NativeMemoryPool.Kept.ShouldBeGreaterThan(MostKept / 2);
        for (int i = 0; i < 3; i++)
        {
            nint block = (nint)NativeMemoryPool.Rent(length);
            blocks.ShouldContain(block);
            // Freed rather than returned, so that the tests after this one have room again.
            NativeMemory.AlignedFree((void*)block);
        }
    }

    [Fact]
    public void Rent_ManyThreads_NeverGivesABlockToTwo()
    {
        int[] lengths = [Smallest, 10_000, 16_384, 20_000, 60_000];
        ConcurrentDictionary<nint, byte> held = new();

        Parallel.For(0, 20_000, i =>
        {
            int length = lengths[i % lengths.Length];
            void* block = NativeMemoryPool.Rent(length);
            held.TryAdd((nint)block, 0).ShouldBeTrue("somebody else has it");
            Span<byte> bytes = new(block, length);
            byte mark = (byte)i;
            bytes[0] = bytes[^1] = mark;
            if (i % 64 == 0)
                Thread.Yield();
            bytes[0].ShouldBe(mark);
            bytes[^1].ShouldBe(mark);
            held.TryRemove((nint)block, out _);
            NativeMemoryPool.Return(block, length);
        });

        held.ShouldBeEmpty();
    }
}
