using System.Diagnostics;
using System.Net;
using System.Text.Json;
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
    public async Task Pack_EisenModel_AnswersWhatTheOriginalAnswered()
    {
        string reference = References.Eisen("served");
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(reference, "cases.json")));
        JsonElement one = cases.RootElement.EnumerateArray().Single(each => each.GetProperty("name").GetString() == "one");
        byte[] sample = one.GetProperty("request_base64").GetBytesFromBase64();
        File.WriteAllBytes(Path.Combine(place.Folder, "one.msgpack"), sample);

        CommandResult packed = place.Run(
            "pack", "--model", Path.Combine(reference, "model.pt"), "--pre-processing", Path.Combine(reference, "pre_process.json"),
            "--post-processing", Path.Combine(reference, "post_process.json"), "--metadata", Path.Combine(reference, "metadata.json"),
            "--model-name", "brain", "--version", "1.0", "--export-path", place.ModelStore, "--sample", Path.Combine(place.Folder, "one.msgpack"));
        packed.ExitCode.ShouldBe(0, packed.ToString());
        packed.Output.ShouldContain("input              image: ndarray [-1, 1, -1, -1, -1]");
        packed.Output.ShouldContain("eisen.transforms.FilterFields");
        packed.Output.ShouldContain("logits: float32[1, 2, 6, 5, 4]");
        packed.Output.ShouldContain("note: 'done'");

        place.StartWith("brain.mar");
        using HttpResponseMessage response = await place.Inference.PostAsync("predictions/brain", new ByteArrayContent(sample));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).Length.ShouldBe(one.GetProperty("response_base64").GetBytesFromBase64().Length);
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Pack_Mistake_IsOneLineOnStandardErrorAndExitCode1()
    {
        CommandResult result = place.Run("pack", "--model-name", "double", "--version", "1.0", "--handler", "base_handlr", "--export-path", place.ModelStore);

        result.ExitCode.ShouldBe(1);
        result.Output.ShouldBeEmpty();
        result.Errors.ShouldBe("eisen-serve: there is no handler 'base_handlr', and no such Python file or assembly; did you mean 'base_handler'?\n");
        Directory.GetFileSystemEntries(place.ModelStore).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pack_Terminated_LeavesNothing()
    {
        // Takes no room on the disk, and longer to copy than to be noticed.
        string large = Path.Combine(place.Folder, "large.bin");
        using (FileStream file = File.Create(large))
            file.SetLength(8L << 30);
        string handler = Path.Combine(place.Folder, "handler.py");
        File.WriteAllText(handler, "def handle(data, context): return data\n");
        using Process pack = place.Launch(
            Workplace.Program, place.Folder, "pack", "--model-name", "large", "--version", "1.0", "--serialized-file", large, "--handler", handler, "--export-path", place.ModelStore);
        await Workplace.UntilAsync(() => Task.FromResult(Directory.GetFileSystemEntries(place.ModelStore).Length > 0), "the archive's unfinished files");

        place.RunCommand("kill", place.Folder, "-TERM", $"{pack.Id}").ExitCode.ShouldBe(0);
        await pack.WaitForExitAsync();

        pack.ExitCode.ShouldBe(130);
        (await pack.StandardError.ReadToEndAsync()).ShouldBe("eisen-serve: cancelled\n");
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
