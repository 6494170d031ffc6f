using System.Net;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>Archives that the program packs, served by it.</summary>
public sealed class PackTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Theory]
    [InlineData("default", "double.mar")]
    [InlineData("zip-store", "double.mar")]
    [InlineData("tgz", "double.tar.gz")]
    [InlineData("no-archive", "double")]
    public async Task Pack_PlainModel_IsServed(string format, string archive)
    {
        CommandResult packed = place.Run(
            "pack", "--model-name", "double", "--version", "1.0", "--serialized-file", Fixtures.PathOf("modules/double.pt"), "--handler", "base_handler",
            "--export-path", place.ModelStore, "--archive-format", format);
        packed.ExitCode.ShouldBe(0, packed.ToString());
        packed.Errors.ShouldBeEmpty();

        place.StartWith(archive);

        (HttpStatusCode status, string text) = await place.AskAsync("double", "[1, 2]");
        status.ShouldBe(HttpStatusCode.OK, text);
        text.ShouldBe("[\n  2.0,\n  4.0\n]");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Pack_Mistake_IsOneLineOnStandardErrorAndExitCode1()
    {
        CommandResult result = place.Run("pack", "--model-name", "double", "--version", "1.0", "--handler", "base_handlr", "--export-path", place.ModelStore);

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldBeEmpty();
        result.Errors.ShouldBe("eisen-serve: there is no handler 'base_handlr', and no such Python file; did you mean 'base_handler'?\n");
        Directory.GetFileSystemEntries(place.ModelStore).ShouldBeEmpty();
    }

    [Fact]
    public void Inspect_BrokenArchive_ExitCode1()
    {
        string path = Path.Combine(place.ModelStore, "bad.mar");
        File.WriteAllText(path, "not an archive");

        CommandResult result = place.Run("inspect", path);

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("not a MAR archive");
        result.Errors.ShouldBeEmpty();
    }
}
