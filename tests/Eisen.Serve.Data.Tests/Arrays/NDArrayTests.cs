using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Data.Tests.Arrays;

/// <summary>An array's elements and memory: who owns it, and when it goes.</summary>
public class NDArrayTests
{
    [Fact]
    public void Copy_EachDotNetType_GivesItsDTypeAndElements()
    {
        CopiesAs<float>(DType.Float32, [1.5f, float.NaN]);
        CopiesAs<double>(DType.Float64, [-0.0, double.Epsilon]);
        CopiesAs<Half>(DType.Float16, [Half.One, Half.NaN]);
        CopiesAs<ushort>(DType.UInt16, [0, ushort.MaxValue]);
        CopiesAs<uint>(DType.UInt32, [0, uint.MaxValue]);
        CopiesAs<ulong>(DType.UInt64, [0, ulong.MaxValue]);
        CopiesAs<sbyte>(DType.Int8, [-128, 127]);
        CopiesAs<byte>(DType.UInt8, [0, 255]);
        CopiesAs<short>(DType.Int16, [short.MinValue, short.MaxValue]);
        CopiesAs<int>(DType.Int32, [int.MinValue, int.MaxValue]);
        CopiesAs<long>(DType.Int64, [long.MinValue, long.MaxValue]);
        CopiesAs<bool>(DType.Bool, [true, false]);
    }

    [Fact]
    public void Copy_TypeOfNoDType_Throws() =>
        Should.Throw<NotSupportedException>(() => NDArray.Copy<char>(['a'], 1)).Message.ShouldContain("System.Char");

    [Fact]
    public void Copy_SourceChangedLater_KeepsTheOldElements()
    {
        int[] source = [1, 2];
        using NDArray array = NDArray.Copy<int>(source, 2);
        source[0] = 100;

        array.AsSpan<int>().ToArray().ShouldBe([1, 2]);
    }

    [Fact]
    public void Copy_NoShape_IsASingleNumber()
    {
        using NDArray array = NDArray.Copy<long>([42]);

        array.Shape.Length.ShouldBe(0);
        array.ElementCount.ShouldBe(1);
        array.AsSpan<long>()[0].ShouldBe(42);
    }

    [Fact]
    public void AsSpan_WrongType_ThrowsAndNamesBoth()
    {
        using NDArray array = NDArray.Copy<float>([1, 2], 2);

        Should.Throw<InvalidOperationException>(() => array.AsSpan<int>()[0]).Message.ShouldBe("The array's dtype is float32, not int32.");
        Should.Throw<InvalidOperationException>(() => array.AsSpan<byte>()[0]);
        Should.Throw<NotSupportedException>(() => array.AsSpan<char>()[0]);
    }

    [Fact]
    public void AsSpan_Float16And_BFloat16_AreNotTakenForEachOther()
    {
        using NDArray half = NDArray.Allocate(DType.Float16, [1]);
        using NDArray brain = NDArray.Allocate(DType.BFloat16, [1]);

        Should.Throw<InvalidOperationException>(() => half.AsSpan<ushort>()[0]);
        Should.Throw<InvalidOperationException>(() => brain.AsSpan<Half>()[0]);
        Should.Throw<InvalidOperationException>(() => half.AsSpan<short>()[0]);
        brain.AsSpan<ushort>().Length.ShouldBe(1);
    }

    [Fact]
    public void Wrap_Memory_IsSharedBothWays()
    {
        byte[] memory = [1, 2, 3];
        using NDArray array = NDArray.Wrap(DType.UInt8, [3], memory);

        array.AsSpan<byte>()[0] = 10;
        memory[1] = 20;

        memory[0].ShouldBe((byte)10);
        array.AsSpan<byte>().ToArray().ShouldBe([10, 20, 3]);
    }

    [Fact]
    public void Wrap_MemoryAtAnOddAddress_ReadsTheElements()
    {
        byte[] message = [0xFF, .. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-2.5)];
        using NDArray array = NDArray.Wrap(DType.Float64, [2], message.AsMemory(1));

        array.AsSpan<double>().ToArray().ShouldBe([1.5, -2.5]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(1000)]
    [InlineData(5_000_000)]
    public void Allocate_AnySize_IsAlignedTo64Bytes(int bytes)
    {
        using NDArray first = NDArray.Allocate(DType.UInt8, [bytes]);
        using NDArray second = NDArray.Allocate(DType.UInt8, [bytes]);

        (AddressOf(first) % 64).ShouldBe(0);
        (AddressOf(second) % 64).ShouldBe(0);
    }

    [Fact]
    public void Allocate_NoElements_HasMemoryOfLengthZero()
    {
        using NDArray array = NDArray.Allocate(DType.Float32, [0, 5]);

        array.Memory.Length.ShouldBe(0);
        array.AsSpan<float>().Length.ShouldBe(0);
    }

    [Fact]
    public void Dispose_OwnMemory_EndsEveryUse()
    {
        NDArray array = NDArray.Copy<float>([1, 2], 2);
        Memory<byte> memory = array.Memory;
        array.Dispose();
        array.Dispose();

        Should.Throw<ObjectDisposedException>(() => array.AsSpan<float>()[0]);
        Should.Throw<ObjectDisposedException>(() => memory.Span[0]);
        Should.Throw<ObjectDisposedException>(() => memory.Pin());
        array.ToString().ShouldBe("float32[2]");
    }

    [Fact]
    public void Dispose_WhileMemoryIsPinned_KeepsItUntilTheLastPinGoes()
    {
        NDArray array = NDArray.Copy<int>(Enumerable.Range(0, 100_000).ToArray(), 100_000);
        MemoryHandle first = array.Memory.Pin();
        MemoryHandle second = array.Memory.Pin();
        array.Dispose();
        first.Dispose();

        // What would be given the memory, had it been freed.
        using NDArray another = NDArray.Allocate(DType.Int32, [100_000]);
        another.AsSpan<int>().Fill(-1);

        ElementsAt(second, 100_000).ShouldBe(Enumerable.Range(0, 100_000));
        Should.Throw<ObjectDisposedException>(() => array.Memory.Pin());
        second.Dispose();
    }

    [Fact]
    public void Dispose_FromManyThreadsWithPins_FreesOnce()
    {
        for (int round = 0; round < 500; round++)
        {
            NDArray array = NDArray.Copy<long>([round], 1);
            Memory<byte> memory = array.Memory;
            Parallel.For(0, 4, worker =>
            {
                try
                {
                    using MemoryHandle pin = memory.Pin();
                    ValueAt(pin).ShouldBe(round);
                }
                catch (ObjectDisposedException)
                {
                    // The other answer that a pin may give here.
                }

                array.Dispose();
            });
        }
    }

    [Fact]
    public void Dispose_BorrowedMemory_LeavesItAlone()
    {
        using NDArray owner = NDArray.Copy<byte>([1, 2, 3, 4], 4);
        NDArray view = NDArray.Wrap(DType.Int16, [2], owner.Memory);
        view.Dispose();

        owner.AsSpan<byte>().ToArray().ShouldBe([1, 2, 3, 4]);
        view.AsSpan<short>().Length.ShouldBe(2);
    }

    [Fact]
    public void Dispose_MemoryWithAnOwner_DisposesTheOwner()
    {
        CountingOwner owner = new();
        NDArray array = NDArray.Wrap(DType.UInt8, [3], new byte[3], owner);
        owner.Disposals.ShouldBe(0);

        array.Dispose();

        owner.Disposals.ShouldBe(1);
    }

    private static void CopiesAs<T>(DType dtype, T[] elements)
        where T : unmanaged
    {
        using NDArray array = NDArray.Copy<T>(elements, elements.Length);

        array.DType.ShouldBe(dtype);
        array.ElementCount.ShouldBe(elements.Length);
        array.AsSpan<T>().ToArray().ShouldBe(elements);
        array.Memory.ToArray().ShouldBe(MemoryMarshal.AsBytes(elements.AsSpan()).ToArray());
    }

    private static unsafe long AddressOf(NDArray array) =>
        (long)Unsafe.AsPointer(ref MemoryMarshal.GetReference(array.Memory.Span));

    private static unsafe int[] ElementsAt(MemoryHandle pin, int count) => new ReadOnlySpan<int>(pin.Pointer, count).ToArray();

    private static unsafe long ValueAt(MemoryHandle pin) => *(long*)pin.Pointer;

    private sealed class CountingOwner : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
