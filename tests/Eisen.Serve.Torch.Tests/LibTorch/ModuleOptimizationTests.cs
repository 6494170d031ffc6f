using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Torch.Tests.LibTorch;

/// <summary>Modules that libtorch made faster: the same answers, and no more memory than they need.</summary>
public class ModuleOptimizationTests
{
    private const double MiB = 1024 * 1024;

    private readonly LibTorchEngine engine = new();

    [Theory]
    [InlineData("convolutions", ModuleOptimization.Freeze)]
    [InlineData("convolutions", ModuleOptimization.OptimizeForInference)]
    [InlineData("linear", ModuleOptimization.Freeze)]
    [InlineData("linear", ModuleOptimization.OptimizeForInference)]
    [InlineData("frozen", ModuleOptimization.Freeze)]
    [InlineData("frozen", ModuleOptimization.OptimizeForInference)]
    public void Optimize_Module_AnswersAsTheOriginalDoes(string name, ModuleOptimization kind)
    {
        using IScriptModule original = Load(name);
        using NDArray input = name == "convolutions" ? Ramp(2, 3, 16, 16) : Ramp(2, 4);
        float[] before = Run(original, input);
        using IScriptModule optimized = original.Optimize(kind);

        for (int run = 0; run < 4; run++)
        {
            ShouldBeClose(Run(optimized, input), before);
            Run(original, input).ShouldBe(before);
        }
    }

    [Theory]
    [InlineData(ModuleOptimization.Freeze)]
    [InlineData(ModuleOptimization.OptimizeForInference)]
    public void Optimize_RanWithOneShape_AnswersForOthers(ModuleOptimization kind)
    {
        using IScriptModule original = Load("convolutions");
        using IScriptModule optimized = original.Optimize(kind);
        long[][] shapes = [[1, 3, 16, 16], [1, 3, 16, 16], [1, 3, 16, 16], [8, 3, 16, 16], [3, 3, 20, 24], [1, 3, 16, 16]];
        foreach (long[] shape in shapes)
        {
            using NDArray input = Ramp(shape);
            ShouldBeClose(Run(optimized, input), Run(original, input));
        }
    }

    [Theory]
    [InlineData(ModuleOptimization.Freeze)]
    [InlineData(ModuleOptimization.OptimizeForInference)]
    public void Optimize_TokensThroughAnLstm_AnswersAsTheOriginalDoes(ModuleOptimization kind)
    {
        using IScriptModule original = Load("recurrent");
        using IScriptModule optimized = original.Optimize(kind);
        using NDArray tokens = NDArray.Copy<long>([1, 2, 3, 4, 5, 6], 2, 3);

        ShouldBeClose(Run(optimized, tokens), Run(original, tokens));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dispose_OneOfTheTwo_LeavesTheOther(bool originalFirst)
    {
        foreach (ModuleOptimization kind in Enum.GetValues<ModuleOptimization>())
        {
            IScriptModule original = Load("convolutions");
            IScriptModule optimized = original.Optimize(kind);
            using NDArray input = Ramp(1, 3, 16, 16);
            float[] expected = Run(original, input);
            (IScriptModule first, IScriptModule second) = originalFirst ? (original, optimized) : (optimized, original);
            first.Dispose();

            ShouldBeClose(Run(second, input), expected);
            second.Dispose();
            Should.Throw<ObjectDisposedException>(() => Run(optimized, input));
            Should.Throw<ObjectDisposedException>(() => original.Optimize(kind));
        }
    }

    [Theory]
    [InlineData("keeps", "'kept'")]
    [InlineData("counts", "'calls'")]
    [InlineData("counts_in_view", "aten::add_")]
    [InlineData("remembers", "'lengths'")]
    [InlineData("remembers_in_list", "aten::append")]
    public void Optimize_ForwardChangesAnAttribute_ThrowsAndSaysWhich(string name, string which)
    {
        using IScriptModule module = Load(name);
        foreach (ModuleOptimization kind in Enum.GetValues<ModuleOptimization>())
            Should.Throw<TorchException>(() => module.Optimize(kind)).Message.ShouldContain(which);
        using NDArray input = Ramp(3);

        Run(module, input).Length.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(ModuleOptimization.Freeze)]
    [InlineData(ModuleOptimization.OptimizeForInference)]
    public void Optimize_ForwardWritesIntoItsInput_IsNoState(ModuleOptimization kind)
    {
        using IScriptModule original = Load("in_place");
        using IScriptModule optimized = original.Optimize(kind);
        using NDArray input = Ramp(4);

        Run(optimized, input).ShouldBe([1f, 1.25f, 1.5f, 1.75f]);
    }

    [Theory]
    [InlineData("resnet/resnet18.pt", 1L, 3L, 224L, 224L)] // its activations work in place
    [InlineData("modules/encoder.pt", 1L, 5L, 4L)] // appends to lists of its own
    [InlineData("modules/collects.pt", 4L)] // appends weights
    public void Optimize_ForwardWritesIntoWhatItMade_IsNoState(string path, params long[] shape)
    {
        using IScriptModule original = engine.Load(Fixtures.PathOf(path), TorchDevice.Cpu);
        using IScriptModule optimized = original.Optimize(ModuleOptimization.OptimizeForInference);
        using NDArray input = Ramp(shape);

        ShouldBeClose(Run(optimized, input), Run(original, input));
    }

    [Fact]
    public void Optimize_UnknownKind_Throws()
    {
        using IScriptModule module = Load("linear");

        Should.Throw<TorchException>(() => module.Optimize((ModuleOptimization)7)).Message.ShouldContain("no optimization with the number 7");
    }

    [Fact]
    public void Optimize_Optimized_Works()
    {
        using IScriptModule original = Load("convolutions");
        using IScriptModule frozen = original.Optimize(ModuleOptimization.Freeze);
        using IScriptModule optimized = frozen.Optimize(ModuleOptimization.OptimizeForInference);
        using NDArray input = Ramp(1, 3, 16, 16);

        ShouldBeClose(Run(optimized, input), Run(original, input));
    }

    [Theory]
    [InlineData(ModuleOptimization.Freeze)]
    [InlineData(ModuleOptimization.OptimizeForInference)]
    public void Dispose_Original_LeavesOneCopyOfTheWeights(ModuleOptimization kind)
    {
        using NDArray input = Ramp(1, 1150);
        double before = ResidentMiB();
        IScriptModule original = Load("weights46mb");
        Run(original, input);
        using IScriptModule optimized = original.Optimize(kind);
        original.Dispose();
        Run(optimized, input);

        // One copy, what libtorch needs to get ready, and less than a second copy.
        (ResidentMiB() - before).ShouldBeLessThan(46 + 40);
    }

    [Theory]
    [InlineData(ModuleOptimization.Freeze)]
    [InlineData(ModuleOptimization.OptimizeForInference)]
    public void Dispose_OptimizedTwentyTimes_GivesTheMemoryBack(ModuleOptimization kind)
    {
        using IScriptModule original = Load("weights46mb");
        using NDArray input = Ramp(1, 1150);
        double afterThird = 0;
        for (int i = 1; i <= 20; i++)
        {
            using (IScriptModule optimized = original.Optimize(kind))
                Run(optimized, input);
            if (i == 3)
                afterThird = ResidentMiB();
        }

        (ResidentMiB() - afterThird).ShouldBeLessThan(30);
    }

    [Fact]
    public void Optimize_OnFourThreadsAtOnce_EachAnswers()
    {
        using IScriptModule original = Load("convolutions");
        using NDArray input = Ramp(1, 3, 16, 16);
        float[] expected = Run(original, input);
        float[][] answers = new float[4][];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(index => new Thread(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                using IScriptModule optimized = original.Optimize((ModuleOptimization)(index % 2));
                answers[index] = Run(optimized, input);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        foreach (float[] answer in answers)
            ShouldBeClose(answer, expected);
    }

    private static double ResidentMiB() => ResidentMemory.Bytes() / MiB;

    private static NDArray Ramp(params ReadOnlySpan<long> shape)
    {
        NDArray array = NDArray.Allocate(DType.Float32, shape);
        Span<float> elements = array.AsSpan<float>();
        for (int i = 0; i < elements.Length; i++)
            elements[i] = (float)i / elements.Length;
        return array;
    }

    private static float[] Run(IScriptModule module, NDArray input)
    {
        using ForwardResult result = module.Forward(new TorchValue.Tensor(input));
        return ((TorchValue.Tensor)result.Value).Array.AsSpan<float>().ToArray();
    }

    private static void ShouldBeClose(float[] answer, float[] expected)
    {
        answer.Length.ShouldBe(expected.Length);
        answer.Zip(expected, (got, wanted) => Math.Abs(got - wanted)).Max().ShouldBeLessThan(1e-4f);
    }

    private IScriptModule Load(string module) => engine.Load(Fixtures.PathOf($"modules/{module}.pt"), TorchDevice.Cpu);
}
