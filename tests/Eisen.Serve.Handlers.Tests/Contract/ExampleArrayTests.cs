using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Contract;

public class ExampleArrayTests
{
    [Theory]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    public void Make_FloatingPoint_IsTheSameDifferentNumbersFrom0To1EachTime(DType dtype)
    {
        using NDArray array = ExampleArray.Make(dtype, [2, 50]);
        using NDArray again = ExampleArray.Make(dtype, [2, 50]);

        array.Shape.ToArray().ShouldBe([2, 50]);
        double[] numbers = Numbers(array);
        numbers.ShouldAllBe(number => number >= 0 && number <= 1);
        numbers.Distinct().Count().ShouldBeGreaterThan(50);
        Numbers(again).ShouldBe(numbers);
    }

    [Theory]
    [InlineData(DType.Int8)]
    [InlineData(DType.UInt8)]
    [InlineData(DType.Int16)]
    [InlineData(DType.Int32)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Bool)]
    public void Make_Other_IsZeros(DType dtype)
    {
        // Whatever the memory held before.
        using (NDArray used = NDArray.Allocate(dtype, [20_000]))
            used.Memory.Span.Fill(255);

        using NDArray array = ExampleArray.Make(dtype, [20_000]);

        array.DType.ShouldBe(dtype);
        array.Memory.Span.ContainsAnyExcept((byte)0).ShouldBeFalse();
    }

    [Fact]
    public void Make_NoDimensionsOrNoElements_IsMade()
    {
        ExampleArray.Make(DType.Float32, []).ElementCount.ShouldBe(1);
        ExampleArray.Make(DType.Float32, [3, 0]).ElementCount.ShouldBe(0);
    }

    [Fact]
    public void Make_ShapeThatCannotBe_Throws()
    {
        Should.Throw<ArgumentException>(() => ExampleArray.Make(DType.Float32, [-1]));
        Should.Throw<ArgumentException>(() => ExampleArray.Make(DType.Float32, [1L << 40]));
    }

    private static double[] Numbers(NDArray array) => array.DType switch
    {
        DType.Float16 => Array.ConvertAll(array.AsSpan<Half>().ToArray(), number => (double)number),
        DType.BFloat16 => Array.ConvertAll(array.AsSpan<ushort>().ToArray(), bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16)),
        DType.Float32 => Array.ConvertAll(array.AsSpan<float>().ToArray(), number => (double)number),
        _ => array.AsSpan<double>().ToArray(),
    };
}
