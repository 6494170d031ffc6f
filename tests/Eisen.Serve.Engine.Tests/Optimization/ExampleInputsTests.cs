using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine.Tests.Optimization;

public class ExampleInputsTests
{
    [Fact]
    public void Make_FloatingPoint_IsTheSameNoiseFromZeroToOne()
    {
        using NDArray first = ExampleArray.Make(DType.Float32, [2, 500]);
        using NDArray second = ExampleArray.Make(DType.Float32, [2, 500]);
        float[] elements = first.AsSpan<float>().ToArray();

        first.Shape.ToArray().ShouldBe([2, 500]);
        elements.ShouldAllBe(element => element >= 0 && element < 1);
        elements.Average().ShouldBe(0.5f, tolerance: 0.05f);
        elements.Distinct().Count().ShouldBeGreaterThan(900);
        second.AsSpan<float>().ToArray().ShouldBe(elements);
    }

    [Fact]
    public void Make_EveryDType_IsFromZeroToOne()
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            using NDArray array = ExampleArray.Make(dtype, [64]);
            bool noise = dtype is DType.Float16 or DType.BFloat16 or DType.Float32 or DType.Float64;

            array.Memory.Span.ContainsAnyExcept((byte)0).ShouldBe(noise, dtype.TypeName);
        }

        using NDArray brain = ExampleArray.Make(DType.BFloat16, [64]);
        foreach (ushort bits in brain.AsSpan<ushort>())
            BitConverter.UInt32BitsToSingle((uint)bits << 16).ShouldBeInRange(0, 1);
    }

    [Fact]
    public void Reversed_Tree_TurnsFloatsAndKeepsTheRest()
    {
        TorchValue.Tuple tree = new([new TorchValue.List([Array<float>([1, 2, 3])]), Array<long>([4, 5]), new TorchValue.Int(6)]);
        TorchValue.Tuple reversed = (TorchValue.Tuple)ExampleInputs.Reversed(tree);
        TorchValue.Tensor floats = (TorchValue.Tensor)((TorchValue.List)reversed.Items[0]).Items[0];

        floats.Array.AsSpan<float>().ToArray().ShouldBe([3f, 2f, 1f]);
        ((TorchValue.Tensor)reversed.Items[1]).Array.AsSpan<long>().ToArray().ShouldBe([4L, 5L]);
        reversed.Items[2].ShouldBe(new TorchValue.Int(6));
        ExampleInputs.Dispose(reversed);
        Should.Throw<ObjectDisposedException>(() => floats.Array.AsSpan<float>()[0]);
        ExampleInputs.Dispose(tree);
    }

    private static TorchValue.Tensor Array<T>(ReadOnlySpan<T> elements)
        where T : unmanaged => new(NDArray.Copy(elements, elements.Length));
}
