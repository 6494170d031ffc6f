using Eisen.Serve.Archive;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

/// <summary>Which handler runs an archive: each row of the table in docs/archives.md.</summary>
public sealed class HandlerChoiceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("eisen-choice-").FullName;

    public HandlerChoiceTests()
    {
        File.Copy(Fixtures.PathOf("modules/double.pt"), Path.Combine(folder, "model.pt"));
        foreach (string file in (string[])["model.onnx", "model.so", "model.py", "mine.py", "Acme.dll", "empty.pt"])
            File.WriteAllText(Path.Combine(folder, file), "");
        File.WriteAllText(Path.Combine(folder, "text.pt"), "text");
        // As torch.save begins its files since 1.6, and before.
        using (System.IO.Compression.ZipArchive zip = System.IO.Compression.ZipFile.Open(Path.Combine(folder, "weights.pth"), System.IO.Compression.ZipArchiveMode.Create))
            zip.CreateEntry("weights/data.pkl");
        File.WriteAllBytes(Path.Combine(folder, "old.pth"), [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a]);
        File.WriteAllBytes(Path.Combine(folder, "cut.pt"), File.ReadAllBytes(Path.Combine(folder, "model.pt"))[..500]);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(null, "model.pt", null, "tensor", HandlerPlace.InProcess, "nothing names a handler, and 'model.pt' is a TorchScript module")]
    [InlineData("image_classifier", "model.pt", null, "image_classifier", HandlerPlace.InProcess, "the manifest names it, it is built in, and 'model.pt' is a TorchScript module")]
    [InlineData("base_handler", "model.pt", "model.py", "base_handler", HandlerPlace.InProcess, "the manifest names it, it is built in, and 'model.pt' is a TorchScript module")]
    [InlineData("image_classifier", "weights.pth", "model.py", "image_classifier", HandlerPlace.Python, "the manifest names it, and the model is an eager one, the class in 'model.py', which only Python runs")]
    [InlineData("base_handler", null, "model.py", "base_handler", HandlerPlace.Python, "the manifest names it, and the model is an eager one, the class in 'model.py', which only Python runs")]
    [InlineData("base_handler", "model.onnx", null, "base_handler", HandlerPlace.Python, "the manifest names it, and 'model.onnx' is an ONNX model, which TorchServe's handler runs in Python")]
    [InlineData("base_handler", "model.so", null, "base_handler", HandlerPlace.Python, "the manifest names it, and 'model.so' is a compiled library, which TorchServe's handler runs in Python")]
    [InlineData("vision_handler", "model.pt", null, "vision_handler", HandlerPlace.Python, "the manifest names it, and TorchServe's handler of that name is there in Python alone")]
    [InlineData("mine.py", "weights.pth", null, "mine.py", HandlerPlace.Python, "the manifest names it, a Python file")]
    [InlineData("mine.py:answer", null, null, "mine.py:answer", HandlerPlace.Python, "the manifest names it, a Python file")]
    [InlineData("mine", null, null, "mine", HandlerPlace.Python, "the manifest names it, a Python module")]
    [InlineData("package.module:answer", null, null, "package.module:answer", HandlerPlace.Python, "the manifest names it, a Python module")]
    [InlineData("Acme.dll:Acme.Brain", "model.pt", null, "Acme.dll:Acme.Brain", HandlerPlace.Assembly, "the manifest names it, a class in an assembly of the archive")]
    public void Make_ArchiveThatCanRun_SaysWhereAndWhy(string? handler, string? file, string? modelFile, string chosen, HandlerPlace place, string reason) =>
        Make(handler, file, modelFile).ShouldBe(new HandlerChoice(chosen, place, reason));

    [Theory]
    [InlineData(null, null, null, "the manifest names no handler, and no serializedFile: name a handler, or pack a TorchScript module, which handler 'tensor' runs")]
    [InlineData(null, "weights.pth", null, "the manifest names no handler, and 'weights.pth' is what torch.save writes, weights or a pickled model without its code: name a handler, or pack a TorchScript module, which handler 'tensor' runs")]
    [InlineData("tensor", null, null, "the manifest names no serializedFile, the TorchScript module that handler 'tensor' runs: pack what torch.jit.save writes")]
    [InlineData("base_handler", "old.pth", null, "handler 'base_handler' runs TorchScript, and 'old.pth' is what torch.save writes, weights or a pickled model without its code: pack what torch.jit.save writes, or the Python file with the model's class as modelFile beside its weights")]
    [InlineData("tensor", "weights.pth", "model.py", "handler 'tensor' runs TorchScript, and 'weights.pth' is what torch.save writes, weights or a pickled model without its code: pack what torch.jit.save writes")]
    [InlineData("tensor", "model.onnx", null, "handler 'tensor' runs TorchScript, and 'model.onnx' is an ONNX model: pack what torch.jit.save writes")]
    [InlineData("tensor", "text.pt", null, "handler 'tensor' runs TorchScript, and 'text.pt' is nothing that torch wrote: pack what torch.jit.save writes")]
    [InlineData("tensor", "empty.pt", null, "handler 'tensor' runs TorchScript, and 'empty.pt' is empty: pack what torch.jit.save writes")]
    [InlineData("tensor", "cut.pt", null, "handler 'tensor' runs TorchScript, and 'cut.pt' is broken: not a zip archive: the end of the central directory is missing; the file may be truncated: pack what torch.jit.save writes")]
    [InlineData("gone.py", null, null, "there is no file 'gone.py' in the archive, and the manifest names it: pack it, or choose base_handler, ")]
    [InlineData("Gone.dll:A.B", null, null, "there is no file 'Gone.dll' in the archive, and the manifest names it: pack it, or choose base_handler, ")]
    [InlineData("../mine.py", null, null, "there is no file '../mine.py' in the archive, and the manifest names it: pack it, or choose base_handler, ")]
    [InlineData("image_clasifier", "model.pt", null, "there is no handler 'image_clasifier', built in or in the archive; did you mean 'image_classifier'?")]
    [InlineData("something_else", "model.pt", null, "there is no handler 'something_else', built in or in the archive; there is base_handler, ")]
    public void Make_ArchiveThatCannotRun_SaysWhatWasFoundAndWhatToDo(string? handler, string? file, string? modelFile, string refusal) =>
        Should.Throw<HandlerConfigurationException>(() => Make(handler, file, modelFile)).Message.ShouldStartWith(refusal);

    [Fact]
    public void Make_RegistrationAsksForAnother_TakesThat() =>
        Make("mine.py", "model.pt", asked: "base_handler").ShouldBe(new HandlerChoice("base_handler", HandlerPlace.InProcess, "the registration asks for it, it is built in, and 'model.pt' is a TorchScript module"));

    [Fact]
    public void Make_ServersDefault_IsForArchivesThatNameNone()
    {
        Make(null, "model.pt", fallback: "base_handler").ShouldBe(new HandlerChoice("base_handler", HandlerPlace.InProcess, "the manifest names none, and default_service_handler is it, it is built in, and 'model.pt' is a TorchScript module"));
        Make("tensor", "model.pt", fallback: "base_handler").Handler.ShouldBe("tensor");
        Make(null, "model.pt", asked: "tensor", fallback: "base_handler").Handler.ShouldBe("tensor");
    }

    [Fact]
    public void Make_FullPath_IsForTheServersOwnDefaultAlone()
    {
        string outside = Path.Combine(folder, "mine.py");

        HandlerChoice.Make(Manifest(null, null, null), "/nowhere", _ => null, fallback: outside).Place.ShouldBe(HandlerPlace.Python);
        Should.Throw<HandlerConfigurationException>(() => HandlerChoice.Make(Manifest(outside, null, null), "/nowhere", _ => null));
        Should.Throw<HandlerConfigurationException>(() => HandlerChoice.Make(Manifest(null, null, null), "/nowhere", _ => null, asked: outside));
    }

    [Fact]
    public void Make_FunctionOfAModule_MustBeInTheArchiveWhereARegistrationAsksForIt()
    {
        HandlerChoice.Make(Manifest("installed.module:handle", null, null), "/nowhere", _ => null).Place.ShouldBe(HandlerPlace.Python);
        HandlerChoice.Make(Manifest(null, null, null), "/nowhere", file => file, asked: "mine:handle").Place.ShouldBe(HandlerPlace.Python);
        Should.Throw<HandlerConfigurationException>(() => HandlerChoice.Make(Manifest(null, null, null), "/nowhere", _ => null, asked: "nosuch:handle")).Message.ShouldContain("there is no handler 'nosuch:handle'");
    }

    private static ArchiveManifest Manifest(string? handler, string? file, string? modelFile) =>
        new() { ModelName = "m", ModelVersion = "1.0", Handler = handler, SerializedFile = file, ModelFile = modelFile };

    private HandlerChoice Make(string? handler, string? file, string? modelFile = null, string? asked = null, string? fallback = null) =>
        HandlerChoice.Make(Manifest(handler, file, modelFile), folder, Find, asked, fallback);

    private string? Find(string name) => !name.Contains("..", StringComparison.Ordinal) && File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : null;
}
