using Eisen.Serve.Data;
using Eisen.Serve.Torch.LibTorch;
using Eisen.Serve.Torch.Tests.Contract;

namespace Eisen.Serve.Torch.Tests.LibTorch;

public class LibTorchEngineTests : EngineContract
{
    [Fact]
    public void Name_Always_IsLibtorch() => Engine.Name.ShouldBe("libtorch");

    [Fact]
    public void Constructor_SecondTimeInAProcess_Works() => new LibTorchEngine().Devices.ShouldBe(Engine.Devices);

    [Fact]
    public void Forward_Identity_CopiesNothing()
    {
        using IScriptModule identity = Load("identity");
        using NDArray input = NDArray.Copy<float>([1, 2], 2);
        using ForwardResult result = identity.Forward(new TorchValue.Tensor(input));
        input.AsSpan<float>()[0] = 100;

        ElementsOf(result).ShouldBe([100f, 2f]);
    }

    [Fact]
    public void Forward_ResultIsNegatedLazily_IsRight() => Answer("lazily_negated", Floats(1, -2)).ShouldBe("float32[2](-1 2)");

    [Fact]
    public void Forward_ModuleWorksInPlace_CallersMemoryChanges()
    {
        using NDArray input = NDArray.Copy<float>([1, 2, 3], 3);

        Answer("in_place", new TorchValue.Tensor(input));

        input.AsSpan<float>().ToArray().ShouldBe([2, 3, 4]);
    }

    [Fact]
    public void Forward_OneTensor_AllocatesLittleManagedMemory()
    {
        using IScriptModule identity = Load("identity");
        TorchValue.Tensor input = Floats(1, 2);
        long before = 0;
        for (int run = -100; run < 1000; run++)
        {
            if (run == 0)
                before = GC.GetAllocatedBytesForCurrentThread();
            identity.Forward(input).Dispose();
        }

        ((GC.GetAllocatedBytesForCurrentThread() - before) / 1000).ShouldBeLessThan(400);
    }
}
