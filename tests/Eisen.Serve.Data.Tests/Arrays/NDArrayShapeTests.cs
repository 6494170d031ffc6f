namespace Eisen.Serve.Data.Tests.Arrays;

/// <summary>What a shape may be, and how many bytes it takes.</summary>
public class NDArrayShapeTests
{
    private const long Tera = 1L << 40;

    [Theory]
    [InlineData(DType.Float32, new long[] { }, 4)]
    [InlineData(DType.Float32, new long[] { 2, 3 }, 24)]
    [InlineData(DType.Bool, new long[] { 7 }, 7)]
    [InlineData(DType.Int64, new long[] { 1, 1, 5, 1 }, 40)]
    [InlineData(DType.Float16, new long[] { 0 }, 0)]
    [InlineData(DType.Float64, new long[] { 3, 0, 2 }, 0)]
    public void ByteLength_OrdinaryShape_IsProductTimesSize(DType dtype, long[] shape, int bytes) =>
        NDArray.ByteLength(dtype, shape).ShouldBe(bytes);

    [Theory]
    [InlineData(0, Tera, Tera)]
    [InlineData(Tera, Tera, 0)]
    [InlineData(Tera, 0, Tera)]
    [InlineData(long.MaxValue, 0, long.MaxValue)]
    public void ByteLength_ZeroBesideHugeDimensions_IsZero(long first, long second, long third)
    {
        NDArray.ByteLength(DType.Float64, [first, second, third]).ShouldBe(0);

        using NDArray array = NDArray.Allocate(DType.Float64, [first, second, third]);
        array.ElementCount.ShouldBe(0);
        array.Shape.ToArray().ShouldBe([first, second, third]);
    }

    [Theory]
    [InlineData(new long[] { -1 })]
    [InlineData(new long[] { 2, -1 })]
    [InlineData(new long[] { -1, -1 })]
    [InlineData(new long[] { 0, -1 })]
    [InlineData(new long[] { Tera, Tera, -1 })]
    [InlineData(new long[] { long.MinValue })]
    public void Allocate_NegativeDimension_ThrowsAndShowsTheShape(long[] shape) =>
        Should.Throw<ArgumentException>(() => NDArray.Allocate(DType.Float32, shape))
            .Message.ShouldContain($"[{string.Join(", ", shape)}] has a negative dimension");

    [Theory]
    [InlineData(new long[] { Tera, Tera })]
    [InlineData(new long[] { 1L << 32, 1L << 32 })]
    [InlineData(new long[] { long.MaxValue })]
    [InlineData(new long[] { long.MaxValue, long.MaxValue, long.MaxValue })]
    [InlineData(new long[] { 3037000500, 3037000500 })]
    [InlineData(new long[] { 1 << 16, 1 << 15 })]
    public void Allocate_TooLarge_ThrowsBeforeAllocating(long[] shape) =>
        Should.Throw<ArgumentException>(() => NDArray.Allocate(DType.UInt8, shape)).Message.ShouldContain("would exceed 2 GiB");

    [Fact]
    public void ByteLength_AtTheBound_IsExact()
    {
        NDArray.ByteLength(DType.UInt8, [Array.MaxLength]).ShouldBe(Array.MaxLength);
        Should.Throw<ArgumentException>(() => NDArray.ByteLength(DType.UInt8, [Array.MaxLength + 1L]));
        NDArray.ByteLength(DType.Float64, [Array.MaxLength / 8]).ShouldBe(Array.MaxLength / 8 * 8);
        Should.Throw<ArgumentException>(() => NDArray.ByteLength(DType.Float64, [(Array.MaxLength / 8) + 1]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(25)]
    [InlineData(48)]
    public void Wrap_MemoryOfAnotherLength_ThrowsWithBothNumbers(int bytes)
    {
        string message = Should.Throw<ArgumentException>(() => NDArray.Wrap(DType.Float32, [2, 3], new byte[bytes])).Message;

        message.ShouldContain("float32[2, 3] takes 24 bytes");
        message.ShouldContain($"not {bytes}");
    }

    [Fact]
    public void Wrap_NegativeDimensionsWithAPositiveProduct_Throws() =>
        Should.Throw<ArgumentException>(() => NDArray.Wrap(DType.UInt8, [-2, -3], new byte[6]));

    [Fact]
    public void Wrap_NumberOfNoDType_Throws() =>
        Should.Throw<ArgumentException>(() => NDArray.Wrap((DType)99, [1], new byte[1]));

    [Fact]
    public void Copy_ElementsThatDoNotFillTheShape_Throws() =>
        Should.Throw<ArgumentException>(() => NDArray.Copy<float>([1, 2, 3], 2, 2)).Message.ShouldContain("takes 16 bytes, not 12");

    [Fact]
    public void Shape_CallersArrayChangedLater_StaysAsItWas()
    {
        long[] shape = [2, 3];
        using NDArray array = NDArray.Allocate(DType.UInt8, shape);
        shape[0] = 100;

        array.Shape.ToArray().ShouldBe([2, 3]);
    }

    [Fact]
    public void ToString_AnyArray_IsDTypeAndShape()
    {
        using NDArray matrix = NDArray.Allocate(DType.Float32, [2, 3]);
        using NDArray number = NDArray.Allocate(DType.BFloat16, []);

        matrix.ToString().ShouldBe("float32[2, 3]");
        number.ToString().ShouldBe("bfloat16[]");
    }

    [Theory]
    [InlineData(DType.Float32, new long[] { }, true)]
    [InlineData(DType.Float32, new long[] { 1, 3, 224, 224 }, true)]
    [InlineData(DType.Float64, new long[] { 0, long.MaxValue, long.MaxValue }, true)]
    [InlineData(DType.UInt8, new long[] { int.MaxValue }, false)]
    [InlineData(DType.Float32, new long[] { 1 << 29 }, false)]
    [InlineData(DType.Float32, new long[] { Tera, Tera, Tera }, false)]
    [InlineData(DType.Float32, new long[] { long.MaxValue, 2 }, false)]
    [InlineData(DType.Float32, new long[] { -1 }, false)]
    [InlineData(DType.Float32, new long[] { 0, -1 }, false)]
    [InlineData(DType.Float32, new long[] { -2, -2 }, false)]
    [InlineData(DType.Float32, new long[] { long.MinValue }, false)]
    public void Fits_AnyShape_SaysWhetherItCanBeAllocated(DType dtype, long[] shape, bool fits)
    {
        NDArray.Fits(dtype, shape).ShouldBe(fits);
        if (fits)
            NDArray.Allocate(dtype, shape).Dispose();
        else
            Should.Throw<ArgumentException>(() => NDArray.ByteLength(dtype, shape));
    }

    [Theory]
    [InlineData(DType.UInt8, 1)]
    [InlineData(DType.BFloat16, 2)]
    [InlineData(DType.Int32, 4)]
    [InlineData(DType.Int64, 8)]
    public void Fits_AtTheBound_IsExact(DType dtype, int size)
    {
        NDArray.Fits(dtype, [Array.MaxLength / size]).ShouldBeTrue();
        NDArray.Fits(dtype, [(Array.MaxLength / size) + 1]).ShouldBeFalse();
    }
}
