using System.Runtime.InteropServices;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch.LibTorch;
using ModuleHandle = Eisen.Serve.Torch.LibTorch.ModuleHandle;

namespace Eisen.Serve.Torch.Tests.LibTorch;

/// <summary>
/// What the binding does with input that the managed side never gives it: a status and a text, never a crash.
/// </summary>
public sealed unsafe class NativeBindingTests : IDisposable
{
    private readonly ModuleHandle identity = Load("identity");
    private readonly ModuleHandle anyList = Load("any_list");
    private readonly List<nint> blocks = [];

    public void Dispose()
    {
        identity.Dispose();
        anyList.Dispose();
        foreach (nint block in blocks)
            NativeMemory.Free((void*)block);
    }

    [Fact]
    public void GetAbiVersion_Always_IsTheManagedSides() => NativeMethods.GetAbiVersion().ShouldBe(NativeMethods.AbiVersion);

    [Theory]
    [InlineData(0, "")]
    [InlineData(5, "class")]
    public void DescribeModule_LittleRoomForTheCode_CutsIt(long bytes, string code)
    {
        NativeMethods.ThrowIfFailed(NativeMethods.DescribeModule(identity, bytes, out nint pointer));
        using NativeResult result = new(pointer, arguments: default);

        TorchValue.Tuple description = ResultReader.Read(result).ShouldBeOfType<TorchValue.Tuple>();
        description.Items[2].ShouldBe(new TorchValue.String(code));
    }

    [Fact]
    public void DescribeModule_NegativeRoom_IsRefused()
    {
        int status = NativeMethods.DescribeModule(identity, -1, out nint result);

        result.ShouldBe(0);
        Should.Throw<TorchException>(() => NativeMethods.ThrowIfFailed(status)).Message.ShouldContain("not negative");
    }

    [Fact]
    public void Forward_TensorAsItShouldBe_Succeeds() => Run(identity, 1, Tensor(24, 2, 3)).ShouldBe("");

    [Theory]
    [InlineData(-1L, 3L)]
    [InlineData(-2L, -3L)]
    [InlineData(0L, -1L)]
    [InlineData(long.MinValue, 1L)]
    public void Forward_NegativeDimension_IsRefused(long first, long second) =>
        Run(identity, 1, Tensor(24, first, second)).ShouldContain("dimension is negative");

    [Theory]
    [InlineData(1L << 40, 1L << 40)]
    [InlineData(1L << 32, 1L << 32)]
    [InlineData(1L << 31, 1L << 31)]
    [InlineData(long.MaxValue, 1L)]
    [InlineData(long.MaxValue, 2L)]
    public void Forward_ShapeOverflows_IsRefused(long first, long second)
    {
        Run(identity, 1, Tensor(24, first, second)).ShouldContain("overflows 64 bits");
        Run(identity, 1, Tensor(0, first, second)).ShouldContain("overflows 64 bits");
        Run(identity, 1, Tensor(0, 0, first, second)).ShouldContain("overflows 64 bits");
        Run(identity, 1, Tensor(0, first, second, 0)).ShouldContain("overflows 64 bits");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(25)]
    [InlineData(-24)]
    [InlineData(long.MaxValue)]
    public void Forward_ShapeThatDoesNotMatchTheBytes_IsRefused(long bytes) =>
        Run(identity, 1, Tensor(bytes, 2, 3)).ShouldContain($"takes 24 bytes, but {bytes} were given");

    [Fact]
    public void Forward_BytesForAnEmptyShape_IsRefused() => Run(identity, 1, Tensor(4, 0, 3)).ShouldContain("takes 0 bytes, but 4 were given");

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    [InlineData(long.MaxValue)]
    public void Forward_ImpossibleNumberOfDimensions_IsRefused(long dimensions) =>
        Run(identity, 1, Tensor(24, 2, 3) with { Count = dimensions }).ShouldContain("between 0 and 64 dimensions");

    [Fact]
    public void Forward_SixtyFourDimensions_Succeeds() => Run(identity, 1, Tensor(4, [.. Enumerable.Repeat(1L, 64)])).ShouldBe("");

    [Fact]
    public void Forward_NoShape_IsRefused() => Run(identity, 1, Tensor(24, 2, 3) with { Shape = null }).ShouldContain("shape is missing");

    [Fact]
    public void Forward_NoData_IsRefused()
    {
        Run(identity, 1, Tensor(24, 2, 3) with { Data = null }).ShouldContain("data is missing");
        Run(identity, 1, Tensor(0, 0, 3) with { Data = null }).ShouldBe("");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Forward_UnknownDType_IsRefused(int dtype) =>
        Run(identity, 1, Tensor(24, 2, 3) with { DType = dtype }).ShouldContain($"no dtype with the number {dtype}");

    [Theory]
    [InlineData(9)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Forward_UnknownKind_IsRefused(int kind) =>
        Run(identity, 1, new NativeValue { Kind = (NativeKind)kind }).ShouldContain($"no kind of value with the number {kind}");

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    public void Forward_ListOfMoreItemsThanGiven_IsRefused(long count)
    {
        NativeValue one = new() { Kind = NativeKind.Int, Integer = 1 };

        Run(anyList, 1, new NativeValue { Kind = NativeKind.List, Count = count }, one).ShouldContain("more items than were given");
        Run(anyList, 1, List(1), new NativeValue { Kind = NativeKind.Tuple, Count = count }, one).ShouldContain("more items than were given");
        Run(anyList, 1, List(1), new NativeValue { Kind = NativeKind.Dict, Count = count }, one, one).ShouldContain("more items than were given");
    }

    [Fact]
    public void Forward_ListThatTakesTheItemsOfItsParent_IsRefused() =>
        Run(anyList, 1, List(2), List(1), new NativeValue { Kind = NativeKind.Int }).ShouldContain("end in the middle of a value");

    [Fact]
    public void Forward_MoreValuesThanArguments_IsRefused() =>
        Run(identity, 1, Tensor(24, 2, 3), Tensor(24, 2, 3)).ShouldContain("More values were given");

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1, -1)]
    [InlineData(1, 2)]
    [InlineData(long.MinValue, 0)]
    public void Forward_ImpossibleNumberOfArguments_IsRefused(long values, long arguments)
    {
        NativeValue tensor = Tensor(24, 2, 3);

        Text(NativeMethods.Forward(identity, &tensor, values, arguments, out nint result)).ShouldContain("number of arguments");
        result.ShouldBe(0);
    }

    [Fact]
    public void Forward_NoValues_IsRefused()
    {
        Text(NativeMethods.Forward(identity, null, 1, 1, out _)).ShouldContain("values are missing");
        Text(NativeMethods.Forward(identity, null, 0, 0, out _)).ShouldContain("missing value for argument 'x'");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(5)]
    public void Forward_StringWithoutItsData_IsRefused(long bytes) =>
        Run(anyList, 1, List(1), new NativeValue { Kind = NativeKind.String, Bytes = bytes }).ShouldContain("size is negative, or its data is missing");

    [Fact]
    public void Forward_EmptyStringWithoutData_Succeeds() => Run(anyList, 1, List(1), new NativeValue { Kind = NativeKind.String }).ShouldBe("");

    [Theory]
    [InlineData(64, "")]
    [InlineData(65, "nested deeper than 64 levels")]
    [InlineData(1_000_000, "nested deeper than 64 levels")]
    public void Forward_ListsInLists_AreBounded(int depth, string refusal)
    {
        NativeValue[] nodes = [.. Enumerable.Repeat(List(1), depth), new NativeValue { Kind = NativeKind.Int }];

        Run(anyList, 1, nodes).ShouldContain(refusal, Case.Sensitive);
    }

    [Theory]
    [InlineData(2, 0, "no kind of device with the number 2")]
    [InlineData(-1, 0, "no kind of device with the number -1")]
    [InlineData(1, -1, "no device with the index -1")]
    [InlineData(1, 1000, "no device with the index 1000")]
    public void LoadModule_UnknownDevice_IsRefused(int type, int index, string refusal)
    {
        int status = NativeMethods.LoadModule(Fixtures.PathOf("modules/identity.pt"), (TorchDeviceType)type, index, out ModuleHandle module);

        Text(status).ShouldContain(refusal);
        module.IsInvalid.ShouldBeTrue();
    }

    [Fact]
    public void LoadModule_NoPath_IsRefused() =>
        Text(NativeMethods.LoadModule(null!, TorchDeviceType.Cpu, 0, out _)).ShouldNotBeEmpty();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void SetThreads_NotPositive_IsRefused(int count)
    {
        Text(NativeMethods.SetIntraOpThreads(count)).ShouldContain("at least one thread");
        Text(NativeMethods.SetInterOpThreads(count)).ShouldContain("at least one thread");
    }

    private static ModuleHandle Load(string module)
    {
        NativeMethods.ThrowIfFailed(NativeMethods.LoadModule(Fixtures.PathOf($"modules/{module}.pt"), TorchDeviceType.Cpu, 0, out ModuleHandle handle));
        return handle;
    }

    private static NativeValue List(long count) => new() { Kind = NativeKind.List, Count = count };

    /// <summary>A float32 tensor whose data are 64 bytes, whatever the node says.</summary>
    private NativeValue Tensor(long bytes, params ReadOnlySpan<long> shape)
    {
        byte* block = (byte*)NativeMemory.AllocZeroed((nuint)(64 + (shape.Length * sizeof(long))));
        blocks.Add((nint)block);
        shape.CopyTo(new Span<long>(block + 64, shape.Length));
        return new NativeValue { Kind = NativeKind.Tensor, DType = 3, Count = shape.Length, Shape = (long*)(block + 64), Data = block, Bytes = bytes };
    }

    /// <summary>The text of the failure; empty when it went well.</summary>
    private static string Run(ModuleHandle module, long arguments, params ReadOnlySpan<NativeValue> nodes)
    {
        fixed (NativeValue* values = nodes)
        {
            int status = NativeMethods.Forward(module, values, nodes.Length, arguments, out nint result);
            if (status == 0)
                NativeMethods.FreeResult(result);
            return Text(status);
        }
    }

    private static string Text(int status)
    {
        try
        {
            NativeMethods.ThrowIfFailed(status);
            return "";
        }
        catch (TorchException failure)
        {
            return failure.Message;
        }
    }
}
