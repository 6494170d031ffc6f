using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Engine.Tests.Optimization;

/// <summary>The choice, with libtorch's own modules: which are refused, and that answers stay what they were.</summary>
[Collection(MemoryCollection.Name)]
public class ModuleOptimizerTests
{
    private static readonly Lazy<LibTorchEngine> Engine = new(() => new LibTorchEngine());

    [Fact]
    public void Choose_Convolutions_AnswersAsBeforeWhateverIsChosen()
    {
        using NDArray input = ExampleArray.Make(DType.Float32, [1, 3, 64, 64]);
        float[] before;
        using (IScriptModule original = Load("convolutions"))
            before = Run(original, input);

        (IScriptModule module, OptimizationReport report) = Choose(Load("convolutions"), input);
        using (module)
        {
            Run(module, input).Zip(before, (got, wanted) => Math.Abs(got - wanted)).Max().ShouldBeLessThan(1e-4f);
            report.NotTried.ShouldBeNull();
            report.PlainSeconds.ShouldNotBeNull(report.ToString()).ShouldBeGreaterThan(0);
            report.Candidates.Select(candidate => candidate.Kind).ShouldBe([ModuleOptimization.OptimizeForInference, ModuleOptimization.Freeze]);
            foreach (OptimizationCandidate candidate in report.Candidates)
            {
                candidate.MedianSeconds.ShouldNotBeNull().ShouldBeGreaterThan(0);
                candidate.LargestDifference.ShouldNotBeNull().ShouldBeLessThan(1e-4);
                (candidate.Refusal is null).ShouldBe(candidate.Kind == report.Choice);
            }
        }
    }

    [Theory]
    [InlineData("random", "random, or keeps state")]
    [InlineData("counts", "random, or keeps state")]
    [InlineData("keeps", "random, or keeps state")]
    [InlineData("remembers", "random, or keeps state")]
    [InlineData("raises", "fails on the example: ")]
    public void Choose_NotTheSameAnswerTwice_TriesNothing(string name, string reason)
    {
        using NDArray input = ExampleArray.Make(DType.Float32, [4]);
        IScriptModule loaded = Load(name);
        (IScriptModule module, OptimizationReport report) = Choose(loaded, input);
        using (module)
        {
            module.ShouldBeSameAs(loaded);
            report.Choice.ShouldBeNull();
            report.NotTried.ShouldNotBeNull().ShouldContain(reason);
            report.Candidates.ShouldBeEmpty();
            report.ToString().ShouldContain(reason);
        }
    }

    [Fact]
    public void Choose_StateThatDoesNotShowYet_IsRefused()
    {
        using NDArray input = ExampleArray.Make(DType.Float32, [4]);
        IScriptModule loaded = Load("counts_in_view");
        (IScriptModule module, OptimizationReport report) = Choose(loaded, input);
        using (module)
        {
            module.ShouldBeSameAs(loaded);
            report.Candidates.ShouldAllBe(candidate => candidate.Refusal!.Contains("keeps state between calls"));
        }
    }

    [Fact]
    public void Choose_ModuleWritesIntoItsInput_TriesItAndLeavesTheExampleAlone()
    {
        using NDArray input = ExampleArray.Make(DType.Float32, [4]);
        float[] example = input.AsSpan<float>().ToArray();
        (IScriptModule module, OptimizationReport report) = Choose(Load("in_place"), input);
        using (module)
        {
            report.NotTried.ShouldBeNull();
            report.Candidates.ShouldAllBe(candidate => candidate.LargestDifference == 0);
            input.AsSpan<float>().ToArray().ShouldBe(example);
        }
    }

    [Fact]
    public void Choose_NotANumber_IsEqualToItself()
    {
        using NDArray input = ExampleArray.Make(DType.Float32, [4]);
        (IScriptModule module, OptimizationReport report) = Choose(Load("nan"), input);
        using (module)
            report.Candidates.ShouldAllBe(candidate => candidate.LargestDifference == 0);
    }

    [Fact]
    public void Choose_AsOftenAsAModelIsLoaded_KeepsNoMemory()
    {
        using NDArray input = ExampleArray.Make(DType.Float32, [1, 1150]);
        long afterThird = 0;
        for (int i = 1; i <= 8; i++)
        {
            Choose(Load("weights46mb"), input, seconds: 0.4).Module.Dispose();
            if (i == 3)
                afterThird = ResidentMemory.Bytes();
        }

        (ResidentMemory.Bytes() - afterThird).ShouldBeLessThan(60 << 20);
    }

    // More than it needs, however busy the machine is.
    private static (IScriptModule Module, OptimizationReport Report) Choose(IScriptModule module, NDArray input, double seconds = 60) =>
        ModuleOptimizer.Choose(
            module, [new TorchValue.Tensor(input)], TimeSpan.FromSeconds(seconds), TimeProvider.System, CancellationToken.None);

    private static IScriptModule Load(string module) => Engine.Value.Load(Fixtures.PathOf($"modules/{module}.pt"), TorchDevice.Cpu);

    private static float[] Run(IScriptModule module, NDArray input)
    {
        using ForwardResult result = module.Forward(new TorchValue.Tensor(input));
        return ((TorchValue.Tensor)result.Value).Array.AsSpan<float>().ToArray();
    }
}
