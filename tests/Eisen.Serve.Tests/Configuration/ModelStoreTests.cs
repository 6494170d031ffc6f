using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Tests.Configuration;

public sealed class ModelStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Resolve_FileAndNamedFile_GivesBoth()
    {
        IReadOnlyList<ModelConfig> configs = Store().Resolve(["a.mar", "my-model_1.2=b.mar", "x=y=z.mar"]);

        configs.Select(config => config.Name).ShouldBe([null, "my-model_1.2", "x"]);
        configs.Select(config => config.Url).ShouldBe(["a.mar", "b.mar", "y=z.mar"]);
        configs[0].ArchivePath.ShouldBe(Path.Combine(folder.Path, "a.mar"));
        configs.ShouldAllBe(config => config.LoadedAtStartup);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("ALL")]
    public void Resolve_All_GivesEveryArchiveInOrder(string all)
    {
        foreach (string file in new[] { "b.mar", "a.MAR", "c.tar.gz", "d.tgz", "readme.txt", "mar" })
            folder.File(file);
        folder.Folder("e/MAR-INF");
        folder.Folder("f.mar.unpacked");

        Store().Resolve([all]).Select(config => config.Url).ShouldBe(["a.MAR", "b.mar", "c.tar.gz", "d.tgz", "e"]);
    }

    [Theory]
    [InlineData("=a.mar")]
    [InlineData("a b=a.mar")]
    [InlineData("../x=a.mar")]
    [InlineData(".x=a.mar")]
    [InlineData("\u00e9=a.mar")]
    public void Resolve_NameThatCannotBeAModels_IsAMistake(string name) =>
        Should.Throw<UserMistakeException>(() => Store().Resolve([name])).Message.ShouldContain("cannot be a model's name");

    [Fact]
    public void MistakesIn_SameTwice_NamesEachOnce()
    {
        ModelStore.MistakesIn(["a.mar", "b=b.mar", "a.mar", "a.mar", "c.mar", "b=b.mar"]).ShouldBe(["'a.mar' is named twice", "'b=b.mar' is named twice"]);
        ModelStore.MistakesIn(["a\n", "a\n"]).ShouldBe([@"'a\u000A' is named twice"]);
    }

    [Fact]
    public void MistakesIn_OneFileUnderTwoNames_AreNone() => ModelStore.MistakesIn(["a.mar", "x=a.mar", "y=a.mar", "A.mar"]).ShouldBeEmpty();

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a.mar")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/a.mar")]
    [InlineData("sub\\a.mar")]
    [InlineData("a.mar\0")]
    [InlineData("http://example.com/a.mar")]
    public void WhyMissing_Path_IsRefused(string url) =>
        Why("x=" + url).ShouldBe($"'{url}' is not the name of a file in the model store; paths are not taken");

    [Fact]
    public void WhyMissing_NearlyThere_NamesTheNearest()
    {
        folder.File("digits.mar");

        Why("digits.mar").ShouldBeNull();
        Why("digit.mar").ShouldBe("the model store has no 'digit.mar'; did you mean 'digits.mar'?");
        Why("resnet18.mar").ShouldBe("the model store has no 'resnet18.mar'");
    }

    public void Dispose() => folder.Dispose();

    private ModelStore Store() => new(folder.Path);

    private string? Why(string name) => Store().WhyMissing(Store().Resolve([name]).Single());
}
