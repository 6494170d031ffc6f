using System.Text;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

/// <summary>Modules that a handler runs beside the model: an Eisen model's pre- and post-processing.</summary>
public sealed class FurtherModulesTests : IDisposable
{
    private readonly Models models = new();

    public void Dispose() => models.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("batchSize: 4\nmaxBatchDelay: 50\n")]
    public async Task LoadAsync_ModulesBesideTheModel_RunWithIt(string settings)
    {
        ModelVersion version = await models.LoadAsync(Pack("double", "[-1]", settings, Module("dict_str_tensor")));

        // Doubled before the model, and by it.
        HandlerAnswer[] answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => version.AskAsync($"{{\"x\": [{number}]}}")));

        answers.Select(answer => answer.Text()).ShouldBe(Enumerable.Range(1, 8).Select(number => $"{{\"y\":[{4 * number}]}}"));
    }

    [Theory]
    [InlineData("none of torch's")]
    [InlineData(null)]
    public async Task LoadAsync_ModuleBesideTheModelThatIsNone_FailsAndNamesTheFile(string? text)
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(Pack("double", "[-1]", "", text is null ? Module("double")[..1000] : Encoding.UTF8.GetBytes(text)), CancellationToken.None);

        outcome.Reason.ShouldNotBeNull().ShouldContain("pre_process.pt cannot be loaded: ");
    }

    [Fact]
    public async Task LoadAsync_ExampleOfAGuessedShapeThatFails_IsReadyAllTheSame()
    {
        // It takes rows of four numbers; the metadata does not say so, and sixteen are tried.
        ModelVersion version = await models.LoadAsync(Pack("linear", "[-1, -1]", "batchSize: 4\n", null));

        version.Status.State.ShouldBe(ModelState.Ready);
        version.Optimization.ShouldNotBeNull().NotTried.ShouldNotBeNull().ShouldContain("it fails on the example");
        (await version.AskAsync("""{"x": [[1, 2, 3, 4]]}""")).Text().ShouldStartWith("{\"y\":[[");
        (await version.AskAsync("""{"x": [[1, 2, 3]]}""")).Error.ShouldBe(PredictionError.ModelFailed);
    }

    private static byte[] Module(string name) => File.ReadAllBytes(Fixtures.PathOf($"modules/{name}.pt"));

    private ModelConfig Pack(string module, string shape, string settings, byte[]? before)
    {
        string metadata = $$"""{"inputs": [{"name": "x", "type": "ndarray", "shape": {{shape}}}], "outputs": [{"name": "y", "type": "ndarray", "shape": {{shape}}}]}""";
        (string, byte[])[] files = [("metadata.json", Encoding.UTF8.GetBytes(metadata)), .. before is null ? Array.Empty<(string, byte[])>() : [("pre_process.pt", before)]];
        return models.Pack(Module(module), module, settings, workers: 2, handler: "eisen", more: files);
    }
}
