using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Who may be disposed when.</summary>
public abstract partial class EngineContract
{
    [EngineFact]
    public void Forward_ModuleDisposed_ThrowsObjectDisposed()
    {
        IScriptModule module = Load("double");
        module.Dispose();
        module.Dispose();

        Should.Throw<ObjectDisposedException>(() => module.Forward(Floats(1)));
    }

    [EngineFact]
    public void Result_ModuleDisposedBeforeIt_StaysReadable()
    {
        IScriptModule module = Load("double");
        using ForwardResult result = module.Forward(Floats(1, 2));
        module.Dispose();

        ElementsOf(result).ShouldBe([2f, 4f]);
    }

    [EngineFact]
    public void Result_DisposedTwice_EndsOnce()
    {
        using IScriptModule module = Load("double");
        ForwardResult first = module.Forward(Floats(1));
        first.Dispose();
        using ForwardResult second = module.Forward(Floats(2));
        first.Dispose();

        ElementsOf(second).ShouldBe([4f]);
    }

    [EngineFact]
    public void Result_Disposed_ItsArraysThrow()
    {
        using IScriptModule module = Load("double");
        using IScriptModule identity = Load("identity");
        ForwardResult result = module.Forward(Floats(1, 2));
        TorchValue.Tensor output = (TorchValue.Tensor)result.Value;
        Memory<byte> memory = output.Array.Memory;
        result.Dispose();

        Should.Throw<ObjectDisposedException>(() => output.Array.AsSpan<float>()[0]);
        Should.Throw<ObjectDisposedException>(() => memory.Span[0]);
        Should.Throw<ObjectDisposedException>(() => identity.Forward(output));
    }

    [EngineFact]
    public void Result_OneOfItsArraysDisposed_StaysReadable()
    {
        using IScriptModule module = Load("double");
        using ForwardResult result = module.Forward(Floats(1, 2));
        ((TorchValue.Tensor)result.Value).Array.Dispose();

        ElementsOf(result).ShouldBe([2f, 4f]);
    }

    [EngineFact]
    public void Result_SharesAnArrayThatIsDisposed_StaysReadable()
    {
        using IScriptModule identity = Load("identity");
        float[] elements = [.. Enumerable.Range(0, 100_000).Select(number => (float)number)];
        NDArray input = NDArray.Copy<float>(elements, elements.Length);
        using ForwardResult result = identity.Forward(new TorchValue.Tensor(input));
        input.Dispose();

        // What would be given the memory, had it been freed.
        using NDArray another = NDArray.Allocate(DType.Float32, [elements.Length]);
        another.AsSpan<float>().Fill(-1);

        ElementsOf(result).ShouldBe(elements);
    }

    [EngineFact]
    public void Result_SharesManagedMemoryThatNobodyElseHolds_StaysReadable()
    {
        using IScriptModule identity = Load("identity");
        float[] elements = [.. Enumerable.Range(0, 1000).Select(number => (float)number)];
        using ForwardResult result = identity.Forward(Floats(elements));

        // Would move or reuse the memory, were it not held.
        for (int i = 0; i < 3; i++)
        {
            _ = Enumerable.Range(0, 1000).Select(_ => new byte[4000]).ToArray();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        ElementsOf(result).ShouldBe(elements);
    }

    [EngineFact]
    public void Result_HandedOnAndDisposed_StaysReadableInTheNextOne()
    {
        using IScriptModule identity = Load("identity");
        float[] elements = [.. Enumerable.Range(0, 100_000).Select(number => (float)number)];
        NDArray input = NDArray.Copy<float>(elements, elements.Length);
        ForwardResult first = identity.Forward(new TorchValue.Tensor(input));
        using ForwardResult second = identity.Forward(first.Value);
        first.Dispose();
        input.Dispose();

        using NDArray another = NDArray.Allocate(DType.Float32, [elements.Length]);
        another.AsSpan<float>().Fill(-1);

        ElementsOf(second).ShouldBe(elements);
    }

    [EngineFact]
    public void Forward_ModuleKeepsItsInput_HasItAfterTheCallersMemoryChanged()
    {
        using IScriptModule keeps = Load("keeps");
        byte[] memory = new byte[8];
        BitConverter.TryWriteBytes(memory, 1.5f);
        keeps.Forward(new TorchValue.Tensor(NDArray.Wrap(DType.Float32, [2], memory))).Dispose();
        memory.AsSpan().Fill(0xEE);

        using ForwardResult result = keeps.Forward(Floats(3));

        ElementsOf(result).ShouldBe([1.5f, 0f]);
    }
}
