using System.CommandLine;
using System.Text.RegularExpressions;
using Eisen.Serve.Archive;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Packing;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Packing;

public sealed partial class PackCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Parse_EveryFlagOfTorchModelArchiver_IsKnown()
    {
        string help = File.ReadAllText(References.TorchServe("torch-model-archiver-help.txt"));
        string[] theirs = [.. Flag().Matches(help).Select(match => match.Groups["flag"].Value).Distinct()];
        Command pack = PackCommandLine.Create();
        string[] ours = [.. pack.Options.SelectMany(option => option.Aliases.Append(option.Name)), "-h", "--help"];

        theirs.Length.ShouldBeGreaterThan(15);
        theirs.Except(ours).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("default", "double.mar")]
    [InlineData("zip-store", "double.mar")]
    [InlineData("tgz", "double.tar.gz")]
    [InlineData("no-archive", "double")]
    public async Task Run_PlainModel_IsWrittenAndTold(string format, string name)
    {
        string config = folder.File("config.yaml", "batchSize: 4\n");
        string extra = folder.File("labels.json", "{}");

        (int exitCode, string output) = await PackAsync("--archive-format", format, "--config-file", config, "--extra-files", $"{extra},{extra}", extra, "--runtime", "python3");

        exitCode.ShouldBe(0);
        string path = Path.Combine(folder.Path, name);
        output.ShouldStartWith($"Wrote {path}");
        output.ShouldContain("forward(x: Tensor) -> Tensor");
        output.ShouldContain("batchSize");
        using ModelArchive archive = ModelArchive.Open(path, folder.Folder("unpacked"));
        archive.Manifest.Runtime.ShouldBe("python3");
        archive.Config!.BatchSize.ShouldBe(4);
        File.ReadAllText(archive.PathOf("labels.json")).ShouldBe("{}");
    }

    [Fact]
    public async Task Run_Sample_IsAnsweredBeforeAnythingIsWritten()
    {
        (_, string output) = await PackAsync("--sample", folder.File("good.json", "[1, 2]"));
        output.ShouldContain("[ 2.0, 4.0 ]");

        string mistake = await MistakeAsync("--force", "--sample", folder.File("bad.json", "[1, "), "--version", "2.0");
        mistake.ShouldContain("does not answer the sample");
        mistake.ShouldContain("not JSON");
        using ModelArchive archive = ModelArchive.Open(Path.Combine(folder.Path, "double.mar"), folder.Folder("unpacked"));
        archive.Manifest.ModelVersion.ShouldBe("1.0");
    }

    [Fact]
    public async Task Run_PythonHandler_IsPackedUnseen()
    {
        string handler = folder.File("my_handler.py", "def handle(data, context): return data\n");
        string weights = folder.File("weights.pth", "weights");

        (_, string output) = await CommandRun.RunAsync(
            "pack", "--model-name", "eager", "-v", "1.0", "--serialized-file", weights, "--model-file", folder.File("net.py"), "--handler", handler, "--export-path", folder.Path);

        output.ShouldContain("not loaded: it holds the weights of an eager model");
        using ModelArchive archive = ModelArchive.Open(Path.Combine(folder.Path, "eager.mar"), folder.Folder("unpacked"));
        archive.Manifest.Handler.ShouldBe("my_handler.py");
        archive.Manifest.ModelFile.ShouldBe("net.py");
    }

    [Fact]
    public async Task Run_ModuleThatIsNone_WritesNothing()
    {
        string text = folder.File("letter.pt", "This is a letter.");

        string mistake = await CommandRun.MistakeAsync("pack", "--model-name", "m", "--version", "1", "--handler", "base_handler", "--model", text, "--export-path", folder.Path);

        mistake.ShouldContain("'letter.pt' is nothing that torch wrote");
        mistake.ShouldNotContain("\n");
        Directory.GetFileSystemEntries(folder.Path).ShouldBe([text]);
    }

    [Theory]
    [InlineData("state_dict.pth", "a state_dict, a model's weights without its code")]
    [InlineData("state_dict_old.pth", "a state_dict, a model's weights without its code")]
    [InlineData("checkpoint.pth", "a dict that torch.save wrote, such as a checkpoint")]
    [InlineData("module.pth", "a pickled torch.nn.modules.linear.Linear, which only Python can load")]
    public async Task Run_WhatTorchSaveWrote_IsToldWithWhatToDo(string file, string what)
    {
        string mistake = await CommandRun.MistakeAsync(
            "pack", "--model-name", "m", "--version", "1", "--handler", "base_handler", "--model", Fixtures.PathOf($"saved/{file}"), "--export-path", folder.Path);

        mistake.ShouldBe($"handler 'base_handler' runs TorchScript, and '{file}' is {what}: pack what torch.jit.save writes, or the Python file with the model's class as modelFile beside its weights");
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_WeightsForAPythonHandler_AreTold()
    {
        (_, string output) = await CommandRun.RunAsync(
            "pack", "--model-name", "m", "--version", "1", "--handler", folder.File("my_handler.py"), "--model", Fixtures.PathOf("saved/state_dict.pth"), "--export-path", folder.Path);

        output.ShouldContain("not loaded: it is a state_dict, a model's weights without its code; the handler knows what to do with it");
        output.ShouldContain("the model was not run: its handler is Python's");
    }

    [Fact]
    public async Task Run_WeightsWithTheirClassForATorchServeHandler_ArePacked()
    {
        (int exitCode, string output) = await CommandRun.RunAsync(
            "pack", "--model-name", "m", "--version", "1", "--handler", "base_handler", "--model", Fixtures.PathOf("saved/state_dict.pth"), "--model-file", folder.File("net.py"), "--export-path", folder.Path);

        exitCode.ShouldBe(0);
        output.ShouldContain("not loaded: it holds the weights of an eager model");
    }

    [Fact]
    public async Task Run_InputShapeKnown_TheModuleAnswersExamplesFirst()
    {
        (_, string output) = await PackAsync("--config-file", folder.File("config.yaml", "batchSize: 4\nhandler:\n  input_shape: [3]\n"));

        output.ShouldContain("the module answers examples of what it is asked, in batches of 1, 2, 4");
    }

    [Fact]
    public async Task Run_ModuleFailsOnItsExamples_IsToldAndNothingWritten()
    {
        string config = folder.File("config.yaml", "handler:\n  input_shape: [3]\n");

        string mistake = await CommandRun.MistakeAsync(
            "pack", "--model-name", "m", "--version", "1", "--handler", "base_handler", "--model", Fixtures.PathOf("saved/linear.pt"), "--config-file", config, "--export-path", folder.Path);

        mistake.ShouldBe("the module fails on float32[1, 3], which is what a batch of 1 is: RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x3 and 2x4)");
        Directory.GetFileSystemEntries(folder.Path).ShouldBe([config]);
    }

    [Fact]
    public async Task Run_MisspelledSettings_AreWarnedOf()
    {
        (int exitCode, string output) = await PackAsync("--config-file", folder.File("config.yaml", "batchsize: 4\nhandler:\n  input_shapes: [3]\n"));

        exitCode.ShouldBe(0);
        output.ShouldContain("Warnings\n  config.yaml: 'batchsize' is not known to the server; did you mean 'batchSize'?\n");
        output.ShouldContain("handler.input_shapes is ignored");
    }

    [Fact]
    public async Task Run_HandlerParametersWrong_WritesNothing()
    {
        string config = folder.File("config.yaml", "handler:\n  dtype: float33\n");

        (await MistakeAsync("--config-file", config)).ShouldContain("float33");

        Directory.GetFileSystemEntries(folder.Path).ShouldBe([config]);
    }

    [Theory]
    [InlineData("pack", "--model-name is missing; --version is missing; --handler is missing, or --metadata for a model of Eisen's")]
    [InlineData("pack --model-name m --version 1 --handler base_hander", "there is no handler 'base_hander', and no such Python file or assembly; did you mean 'base_handler'?")]
    [InlineData("pack --model-name m --version 1 --handler eisen", "--metadata is missing, which handler 'eisen' reads")]
    [InlineData("pack --model-name m --version 1 --metadata m.json", "--model is missing")]
    [InlineData(
        "pack --model-name m --version 1 --model m.pt --metadata m.json --handler base_handler",
        "--metadata goes with handler 'eisen', the one when --handler is left out, or with a Python file, not with 'base_handler'")]
    [InlineData("pack --model-name m --version 1 --handler tensor --pre-processing p.json", "--pre-processing and --post-processing go with --metadata")]
    [InlineData("pack --model-name m --version 1 --model m.pt --metadata m.json --pre-processing p.pkl", "--pre-processing is a .json file with transforms or a .pt file with TorchScript, not 'p.pkl'")]
    [InlineData("pack --model-name m --version 1 --handler tensor --archive-format tgzz", "--archive-format is default, tgz, no-archive or zip-store, not 'tgzz'; did you mean 'tgz'?")]
    [InlineData("pack --model-name m --version 1 --handler tensor --runtime pyton", "--runtime is python, python3 or LSP, not 'pyton'; did you mean 'python'?")]
    [InlineData("pack --model-name m --version 1 --handler tensor --serialized-file no.pt", "m.mar: 'no.pt' is not there.")]
    [InlineData("pack --model-name ../m --version 1 --handler tensor", "../m.mar: '../m' cannot be a model's name; letters, digits, '-', '_' and single dots can, at most 128, and no dot first.")]
    [InlineData("pack --model-name m --version 1 --handler tensor --export-path no-such-folder", "m.mar: the export path 'no-such-folder' is not a folder.")]
    [InlineData("pack --modl m.pt", "unknown option '--modl'; did you mean '--model'?")]
    [InlineData("pack stray", "'stray' belongs to no option")]
    public async Task Run_Mistake_IsToldInOneLine(string line, string message) => (await CommandRun.MistakeAsync(line.Split(' '))).ShouldBe(message);

    [Theory]
    [InlineData("add", """["a", "b", "c"]""", """["y"]""", "takes 2 inputs, but model_input_list in metadata.json names 3: 'a', 'b', 'c'")]
    [InlineData("default_arguments", "[]", """["y"]""", "takes 1 to 2 inputs, but model_input_list in metadata.json names 0: none")]
    [InlineData("add", """["a", "b"]""", """["y", "z"]""", "returns one tensor, but model_output_list in metadata.json names 2: 'y', 'z'")]
    [InlineData("dict_str_tensor", """["a"]""", """["y"]""", "wants xs: Dict[str, Tensor]; an Eisen model is given tensors")]
    public async Task Run_ModuleAndMetadataDisagree_IsToldAndNothingWritten(string module, string inputs, string outputs, string problem)
    {
        string metadata = folder.File("about.json", $$"""{"inputs": [], "outputs": [], "model_input_list": {{inputs}}, "model_output_list": {{outputs}}}""");

        string mistake = await CommandRun.MistakeAsync(
            "pack", "--model-name", "m", "--version", "1", "--model", Fixtures.PathOf($"modules/{module}.pt"), "--metadata", metadata, "--export-path", folder.Path);

        mistake.ShouldContain(problem);
        Directory.GetFileSystemEntries(folder.Path).ShouldBe([metadata]);
    }

    [Fact]
    public async Task Run_NoModuleForAHandlerThatRunsOne_SaysSo() =>
        (await CommandRun.MistakeAsync("pack", "--model-name", "m", "--version", "1", "--handler", "tensor", "--export-path", folder.Path))
            .ShouldContain("the manifest names no serializedFile, the TorchScript module that handler 'tensor' runs");

    [Fact]
    public async Task Run_ThereAlready_NeedsForce()
    {
        await PackAsync();

        (await MistakeAsync()).ShouldBe("double.mar: it is there already; --force replaces it.");
        (await PackAsync("-f")).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("--start", "pack")]
    [InlineData("--models", "a.mar", "--start", "inspect")]
    public void Parse_CommandThatDoesNotComeFirst_SaysSo(params string[] args) =>
        Should.Throw<UserMistakeException>(() => CommandLineParser.Parse(args, out _)).Message.ShouldContain("comes first");

    [Theory]
    [InlineData("--start")]
    [InlineData("--version")]
    [InlineData]
    public void Parse_NoCommand_IsLeftToTheServer(params string[] args) => ProgramCommands.Parse(args).ShouldBeNull();

    private Task<(int ExitCode, string Output)> PackAsync(params string[] more) => CommandRun.RunAsync(Line(more));

    private Task<string> MistakeAsync(params string[] more) => CommandRun.MistakeAsync(Line(more));

    private string[] Line(string[] more)
    {
        string[] version = more.Contains("--version") ? [] : ["--version", "1.0"];
        return ["pack", "--model-name", "double", .. version, "--serialized-file", Fixtures.PathOf("modules/double.pt"), "--handler", "base_handler", "--export-path", folder.Path, .. more];
    }

    [GeneratedRegex(@"(?<![\w-])(?<flag>--?[a-z][a-z-]*)\b")]
    private static partial Regex Flag();
}
