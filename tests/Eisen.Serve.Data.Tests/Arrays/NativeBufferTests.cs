using System.Buffers;

namespace Eisen.Serve.Data.Tests.Arrays;

public class NativeBufferTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 7)]
    [InlineData(100, 1000)]
    [InlineData(100_000, 30_000)]
    public void GetSpan_BeyondTheCapacity_GrowsAndKeepsTheBytes(int capacity, int step)
    {
        byte[] expected = new byte[200_000 / step * step];
        new Random(capacity + step).NextBytes(expected);
        using NativeBuffer buffer = new(capacity);

        for (int at = 0; at < expected.Length; at += step)
        {
            buffer.Length.ShouldBe(at);
            expected.AsSpan(at, step).CopyTo(buffer.GetSpan(step));
            buffer.Advance(step);
        }

        buffer.Length.ShouldBe(expected.Length);
        buffer.Written.Span.SequenceEqual(expected).ShouldBeTrue();
    }

    [Fact]
    public void GetMemory_WithinTheCapacity_DoesNotMove()
    {
        using NativeBuffer buffer = new(64);
        buffer.GetMemory(10).Span[0] = 1;
        buffer.Advance(10);
        buffer.GetMemory(54).Length.ShouldBe(54);
        using MemoryHandle before = buffer.Written.Pin();

        buffer.Write(new byte[54]);

        using MemoryHandle after = buffer.Written.Pin();
        unsafe
        {
            ((nint)after.Pointer).ShouldBe((nint)before.Pointer);
            ((nint)after.Pointer % NativeMemoryPool.Alignment).ShouldBe(0);
        }
    }

    [Fact]
    public void GetSpan_WithoutAHint_IsNeverEmpty()
    {
        using NativeBuffer buffer = new(0);
        for (int i = 0; i < 100; i++)
        {
            buffer.GetSpan().Length.ShouldBeGreaterThan(0);
            buffer.Advance(1);
        }
    }

    [Fact]
    public void Written_NothingYet_IsEmpty()
    {
        using NativeBuffer buffer = new(0);

        buffer.Length.ShouldBe(0);
        buffer.Written.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    [InlineData(int.MaxValue)]
    public void Advance_MoreThanThereIs_Throws(int count)
    {
        using NativeBuffer buffer = new(64);

        Should.Throw<ArgumentOutOfRangeException>(() => buffer.Advance(count));
        buffer.Length.ShouldBe(0);
    }

    [Fact]
    public void GetSpan_BeyondTwoGiB_ThrowsAndKeepsTheBytes()
    {
        using NativeBuffer buffer = new(16);
        buffer.Write("abc"u8);

        Should.Throw<OutOfMemoryException>(() => buffer.GetSpan(int.MaxValue)).Message.ShouldContain("2 GiB");
        Should.Throw<OutOfMemoryException>(() => buffer.GetMemory(Array.MaxLength - 2));

        buffer.Written.Span.SequenceEqual("abc"u8).ShouldBeTrue();
    }

    [Fact]
    public void Dispose_Twice_GivesTheMemoryBackOnce()
    {
        NativeBuffer buffer = new(16);
        buffer.Write("abc"u8);
        Memory<byte> written = buffer.Written;

        buffer.Dispose();
        buffer.Dispose();

        Should.Throw<ObjectDisposedException>(() => written.Span.Length);
        Should.Throw<ObjectDisposedException>(() => buffer.GetSpan(1).Length);
    }

    [Fact]
    public void GetSpan_MemoryTakenBeforeItMoved_IsGone()
    {
        using NativeBuffer buffer = new(4);
        buffer.Write("abcd"u8);
        Memory<byte> before = buffer.Written;

        buffer.Write("e"u8);

        Should.Throw<ObjectDisposedException>(() => before.Span.Length);
        buffer.Written.Span.SequenceEqual("abcde"u8).ShouldBeTrue();
    }
}
