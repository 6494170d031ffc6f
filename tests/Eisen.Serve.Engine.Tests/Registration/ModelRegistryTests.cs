using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine.Tests.Registration;

public sealed class ModelRegistryTests : IDisposable
{
    private readonly Models models = new();

    private ModelRegistry Registry => models.Registry;

    [Fact]
    public async Task Find_TwoVersions_TheFirstIsTheDefault()
    {
        ModelVersion first = await models.LoadAsync(models.Pack("double", name: "m", version: "1.0"));
        ModelVersion second = await models.LoadAsync(models.Pack("identity", name: "m", version: "2.0"));

        Find("m", null).ShouldBe(first);
        Find("m", "1.0").ShouldBe(first);
        Find("m", "2.0").ShouldBe(second);
        Registry.Find("m")!.Versions.ShouldBe([first, second]);
        Registry.Find("m", "3.0", out _).ShouldBe(PredictionError.VersionNotFound);
        Registry.Find("M", null, out _).ShouldBe(PredictionError.ModelNotFound);
    }

    [Fact]
    public async Task Remove_TheDefault_MakesTheLastAddedTheDefault()
    {
        ModelVersion first = await models.LoadAsync(models.Pack("double", name: "m", version: "1.0"));
        await models.LoadAsync(models.Pack("double", name: "m", version: "2.0"));
        ModelVersion third = await models.LoadAsync(models.Pack("double", name: "m", version: "3.0"));

        await models.Reconciler.UnloadAsync(first, Models.Patience);

        Find("m", null).ShouldBe(third);
        Registry.Find("m", "1.0", out _).ShouldBe(PredictionError.VersionNotFound);
    }

    [Fact]
    public async Task Remove_NotTheDefault_LeavesTheDefault()
    {
        ModelVersion first = await models.LoadAsync(models.Pack("double", name: "m", version: "1.0"));
        ModelVersion second = await models.LoadAsync(models.Pack("double", name: "m", version: "2.0"));

        await models.Reconciler.UnloadAsync(second, Models.Patience);

        Find("m", null).ShouldBe(first);
    }

    [Fact]
    public async Task Remove_TheLastVersion_RemovesTheModel()
    {
        ModelVersion only = await models.LoadAsync(models.Pack("double", name: "m"));
        await models.Reconciler.UnloadAsync(only, Models.Patience);
        await models.Reconciler.UnloadAsync(only, Models.Patience);

        Registry.Find("m").ShouldBeNull();
        Registry.Find("m", null, out _).ShouldBe(PredictionError.ModelNotFound);
        Registry.Models.ShouldBeEmpty();
    }

    [Fact]
    public async Task Models_Several_AreOrderedByName()
    {
        foreach (string name in new[] { "b", "a", "C" })
            await models.LoadAsync(models.Pack("double", name: name));

        Registry.Models.Select(model => model.Name).ShouldBe(["C", "a", "b"]);
    }

    [Fact]
    public async Task SetDefault_AnotherVersion_AnswersWhenNoneIsNamed()
    {
        ModelVersion first = await models.LoadAsync(models.Pack("double", name: "m", version: "1.0"));
        ModelVersion second = await models.LoadAsync(models.Pack("identity", name: "m", version: "2.0"));

        Registry.SetDefault(second).ShouldBeTrue();
        Find("m", null).ShouldBe(second);
        Registry.Find("m")!.Versions.ShouldBe([first, second]);
        (await Find("m", null)!.AskAsync("[1]")).Text().ShouldBe("[1.0]");
        Registry.SetDefault(first).ShouldBeTrue();
        Registry.SetDefault(first).ShouldBeTrue();
        Find("m", null).ShouldBe(first);
    }

    [Fact]
    public async Task SetDefault_VersionThatIsGone_ChangesNothing()
    {
        ModelVersion first = await models.LoadAsync(models.Pack("double", name: "m", version: "1.0"));
        ModelVersion second = await models.LoadAsync(models.Pack("double", name: "m", version: "2.0"));
        await models.Reconciler.UnloadAsync(second, Models.Patience);

        Registry.SetDefault(second).ShouldBeFalse();
        Find("m", null).ShouldBe(first);
        await models.Reconciler.UnloadAsync(first, Models.Patience);
        Registry.SetDefault(first).ShouldBeFalse();
        Registry.Find("m").ShouldBeNull();
    }

    public void Dispose() => models.Dispose();

    private ModelVersion? Find(string name, string? version)
    {
        Registry.Find(name, version, out ModelVersion? found).ShouldBe(PredictionError.None);
        return found;
    }
}
