using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

/// <summary>What a version tells of the optimization of its module.</summary>
public sealed class OptimizationTests
{
    private const string Settings = "handler:\n  input_shape: [3, 16, 16]\n";

    [Fact]
    public async Task LoadAsync_ModelWithAnExample_TellsWhatWasTried()
    {
        using Models models = new();

        ModelVersion version = await models.LoadAsync(models.Pack("convolutions", Settings, workers: 2));

        OptimizationReport report = version.Optimization.ShouldNotBeNull();
        report.NotTried.ShouldBeNull();
        report.Candidates.Select(candidate => candidate.Kind).ShouldBe([ModuleOptimization.OptimizeForInference, ModuleOptimization.Freeze]);
        models.Logger.Messages.Where(IsOfOptimization).ShouldBe([$"Information: Model convolutions 1.0 on cpu: {report}."]);
    }

    [Fact]
    public async Task LoadAsync_ModuleThatKeepsState_TellsWhyNothingWasTried()
    {
        using Models models = new();

        ModelVersion version = await models.LoadAsync(models.Pack("counts", "handler:\n  input_shape: [4]\n"));

        version.Optimization!.NotTried.ShouldNotBeNull().ShouldContain("keeps state between calls");
        version.Optimization.Choice.ShouldBeNull();
    }

    [Fact]
    public async Task LoadAsync_NoExample_TriesNothing()
    {
        using Models models = new();

        ModelVersion version = await models.LoadAsync(models.Pack("double"));

        version.Optimization.ShouldBeNull();
        models.Logger.Messages.ShouldNotContain(message => IsOfOptimization(message));
    }

    [Fact]
    public async Task LoadAsync_SwitchedOff_TriesNothing()
    {
        using Models models = new(defaults: new ModelDefaults { Optimize = false });

        ModelVersion version = await models.LoadAsync(models.Pack("convolutions", Settings));

        version.Options.Optimize.ShouldBeFalse();
        version.Optimization.ShouldBeNull();
        models.Logger.Messages.ShouldNotContain(message => IsOfOptimization(message));
    }

    private static bool IsOfOptimization(string message) => message.Contains(" on cpu: ", StringComparison.Ordinal);
}
