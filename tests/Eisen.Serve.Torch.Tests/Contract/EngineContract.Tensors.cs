using System.Runtime.InteropServices;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Tensors: every dtype and shape, both ways.</summary>
public abstract partial class EngineContract
{
    public static TheoryData<DType> DTypes => [.. Enum.GetValues<DType>().Where(dtype => dtype.IsTensorType)];

    [EngineTheory]
    [MemberData(nameof(DTypes))]
    public void Forward_EachDType_ComesBackBitForBit(DType dtype)
    {
        using IScriptModule identity = Load("identity");
        byte[] bytes = BitPatterns(dtype);
        long rows = bytes.Length / dtype.ItemSize / 2;
        using ForwardResult result = identity.Forward(new TorchValue.Tensor(NDArray.Wrap(dtype, [rows, 2], (byte[])bytes.Clone())));

        NDArray output = ((TorchValue.Tensor)result.Value).Array;
        output.DType.ShouldBe(dtype);
        output.Shape.ToArray().ShouldBe([rows, 2]);
        output.Memory.ToArray().ShouldBe(bytes);
    }

    [EngineTheory]
    [InlineData(new long[] { })]
    [InlineData(new long[] { 1 })]
    [InlineData(new long[] { 0 })]
    [InlineData(new long[] { 0, 3 })]
    [InlineData(new long[] { 3, 0, 2 })]
    [InlineData(new long[] { 0, 1L << 40 })]
    [InlineData(new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData(new long[] { 2, 1, 3, 1, 2 })]
    [InlineData(new long[] { 4, 3, 512, 512 })]
    [InlineData(new long[] { 1, 5_000_000 })]
    public void Forward_EachShape_ComesBack(long[] shape)
    {
        using IScriptModule identity = Load("identity");
        using NDArray input = NDArray.Allocate(DType.UInt8, shape);
        new Random(1).NextBytes(input.AsSpan<byte>());

        using ForwardResult result = identity.Forward(new TorchValue.Tensor(input));

        NDArray output = ((TorchValue.Tensor)result.Value).Array;
        output.Shape.ToArray().ShouldBe(shape);
        output.AsSpan<byte>().SequenceEqual(input.AsSpan<byte>()).ShouldBeTrue();
    }

    [EngineFact]
    public void Forward_ResultNotContiguous_IsInCOrder() =>
        Answer("strided", Shaped([1, 2, 3, 4, 5, 6], 2, 3)).ShouldBe("float32[3, 2](1 4 2 5 3 6)");

    [EngineFact]
    public void Forward_ResultWithoutElements_KeepsItsShape() => Answer("empty", Floats(1)).ShouldBe("float32[0, 3]()");

    [EngineFact]
    public void Forward_ResultWithoutDimensions_IsASingleNumber() => Answer("zero_dim", Floats(1, 2, 3.5f)).ShouldBe("float32[](6.5)");

    [EngineFact]
    public void Forward_TwoInputs_AreInOrder() => Answer("add", Shaped([1, 2], 2, 1), Floats(10, 20)).ShouldBe("float32[2, 2](11 21 12 22)");

    [EngineFact]
    public void Forward_SixTensorsInATuple_AllComeBack() =>
        Answer("five", Floats(0)).ShouldBe("(float32[1](0), float32[1](1), float32[1](2), float32[1](3), float32[1](4), float32[1](5))");

    [EngineFact]
    public void Forward_NotANumber_IsAnAnswer() => Answer("nan", Floats(1, 0)).ShouldBe("float32[2](NaN NaN)");

    [EngineTheory]
    [InlineData(DType.UInt16)]
    [InlineData(DType.UInt32)]
    [InlineData(DType.UInt64)]
    public void Forward_DTypeThatTensorsHaveNot_IsRefused(DType dtype)
    {
        using NDArray array = NDArray.Allocate(dtype, [1]);

        Should.Throw<TorchException>(() => Answer("identity", new TorchValue.Tensor(array))).Message.ShouldContain($"no tensors of {dtype.TypeName}");
    }

    [EngineFact]
    public void Forward_MemoryAtAnOddAddress_IsRead()
    {
        byte[] message = [0xFF, .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2.5f)];

        Answer("double", new TorchValue.Tensor(NDArray.Wrap(DType.Float32, [2], message.AsMemory(1)))).ShouldBe("float32[2](3 -5)");
    }

    [EngineFact]
    public void Forward_ModuleWorksInPlace_IsRight() => Answer("in_place", Floats(1, 2, 3)).ShouldBe("float32[3](2 3 4)");

    [EngineFact]
    public void Forward_SameArrayTwice_IsBothArguments()
    {
        TorchValue.Tensor input = Floats(1, 2);

        Answer("add", input, input).ShouldBe("float32[2](2 4)");
    }

    [EngineFact]
    public void Forward_Linear_GivesPythonsNumbers()
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("modules/expected.json")));
        JsonElement linear = expected.RootElement.GetProperty("linear");
        float[] input = Numbers(linear.GetProperty("input"));
        float[] output = Numbers(linear.GetProperty("output"));
        using IScriptModule module = Load("linear");

        using ForwardResult result = module.Forward(Shaped(input, 2, 4));

        ((TorchValue.Tensor)result.Value).Array.Shape.ToArray().ShouldBe([2, 2]);
        ElementsOf(result).ShouldBe(output, 1e-6);
    }

    private static float[] Numbers(JsonElement rows) =>
        [.. rows.EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(number => number.GetSingle())];

    /// <summary>Random bits, and the ones that a conversion on the way would change: NaNs with payloads, both zeros,
    /// the smallest and largest.</summary>
    private static byte[] BitPatterns(DType dtype)
    {
        byte[] random = new byte[1024];
        new Random((int)dtype).NextBytes(random);
        switch (dtype)
        {
            case DType.Bool:
                return [.. random.Select(bits => (byte)(bits & 1))];
            case DType.Float16:
                return [.. Bytes<ushort>(0x7C01, 0xFE55, 0x8000, 0x0001, 0x7C00, 0xFBFF), .. random];
            case DType.BFloat16:
                return [.. Bytes<ushort>(0x7F81, 0xFFD5, 0x8000, 0x0001, 0x7F80, 0xFF7F), .. random];
            case DType.Float32:
                return [.. Bytes<uint>(0x7F800001, 0xFFC12345, 0x80000000, 0x00000001, 0x7F800000, 0xFF7FFFFF), .. random];
            case DType.Float64:
                return [.. Bytes<ulong>(0x7FF0000000000001, 0xFFF8123456789ABC, 0x8000000000000000, 1), .. random];
            default:
                byte[] ends = new byte[dtype.ItemSize * 2];
                ends[dtype.ItemSize - 1] = 0x80;
                ends.AsSpan(dtype.ItemSize).Fill(0xFF);
                return [.. ends, .. random];
        }
    }

    private static byte[] Bytes<T>(params T[] patterns)
        where T : unmanaged => MemoryMarshal.AsBytes(patterns.AsSpan()).ToArray();
}
