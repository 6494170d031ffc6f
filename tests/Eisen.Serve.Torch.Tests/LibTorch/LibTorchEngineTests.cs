using Eisen.Serve.Data;
using Eisen.Serve.Torch.LibTorch;
using Eisen.Serve.Torch.Tests.Contract;

namespace Eisen.Serve.Torch.Tests.LibTorch;

public class LibTorchEngineTests : EngineContract
{
    private static readonly Lazy<LibTorchEngine> Shared = new(() => new LibTorchEngine());

    protected override ITorchEngine Engine => Shared.Value;

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
}
