using System.IO.Compression;
using System.Net;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>Which handler runs an archive, as the program's user sees it: at the registration, in descriptions, and from
/// <c>inspect</c>.</summary>
public sealed class HandlerChoiceTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    [Fact]
    public async Task Register_CombinationThatCannotRun_Is400AndNothingIsRegistered()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "unknown.mar"), "unknown", "modules/double.pt", "image_clasifier");
        Archives.PackText(Path.Combine(place.ModelStore, "text.mar"), """{"model": {"modelName": "text", "modelVersion": "1.0", "serializedFile": "m.pt", "handler": "base_handler"}}""", ("m.pt", "no module"));
        Archives.PackText(Path.Combine(place.ModelStore, "nothing.mar"), """{"model": {"modelName": "nothing", "modelVersion": "1.0"}}""");
        Archives.Pack(Path.Combine(place.ModelStore, "double.mar"), "double", "modules/double.pt");
        place.Configure("enable_model_api=true");
        place.Start().ExitCode.ShouldBe(0);

        await ShouldBeRefused("url=unknown.mar", "there is no handler 'image_clasifier', built in or in the archive; did you mean 'image_classifier'?");
        await ShouldBeRefused("url=text.mar&initial_workers=1", "handler 'base_handler' runs TorchScript, and 'm.pt' is nothing that torch wrote");
        await ShouldBeRefused("url=nothing.mar&synchronous=false", "the manifest names no handler, and no serializedFile");
        await ShouldBeRefused("url=double.mar&handler=gone.py", "there is no file 'gone.py' in the archive");

        JsonDocument.Parse((await place.ManageAsync(HttpMethod.Get, "models")).Text).RootElement.GetProperty("models").GetArrayLength().ShouldBe(0);
        place.UnpackedArchives.ShouldBeEmpty();
    }

    [Fact]
    public async Task Describe_Handler_IsTheRegistrationsThenTheManifestsThenTheServers()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "double.mar"), "double", "modules/double.pt", "tensor");
        Archives.Pack(Path.Combine(place.ModelStore, "none.mar"), "none", "modules/double.pt", handler: "");
        place.Configure("enable_model_api=true", "default_workers_per_model=1", "default_service_handler=base_handler");
        place.StartWith("double.mar", "none.mar");
        (await place.ManageAsync(HttpMethod.Post, "models?url=double.mar&model_name=other&handler=base_handler")).Status.ShouldBe(HttpStatusCode.OK);

        (await HandlerOfAsync("double")).ShouldBe(("tensor", "InProcess", "the manifest names it, it is built in, and 'model.pt' is a TorchScript module"));
        (await HandlerOfAsync("none")).ShouldBe(("base_handler", "InProcess", "the manifest names none, and default_service_handler is it, it is built in, and 'model.pt' is a TorchScript module"));
        (await HandlerOfAsync("other")).ShouldBe(("base_handler", "InProcess", "the registration asks for it, it is built in, and 'model.pt' is a TorchScript module"));
        (await place.AskAsync("none", "[3]")).Text.ShouldBe("[\n  6.0\n]");
        (await place.AskAsync("other", "[3]")).Text.ShouldBe("[\n  6.0\n]");
    }

    [Fact]
    public async Task Register_EagerModelWithABuiltInHandler_RunsInPython()
    {
        place.RunCommand("/usr/bin/python3", place.Folder, "-c", "import torch; torch.manual_seed(0); m = torch.nn.Linear(2, 1); m.weight.data.fill_(2); m.bias.data.fill_(1); torch.save(m.state_dict(), 'weights.pth')").ExitCode.ShouldBe(0);
        using (ZipArchive zip = ZipFile.Open(Path.Combine(place.ModelStore, "eager.mar"), ZipArchiveMode.Create))
        {
            zip.CreateEntryFromFile(Path.Combine(place.Folder, "weights.pth"), "weights.pth");
            Write(zip, "model.py", "import torch\n\n\nclass Line(torch.nn.Linear):\n    def __init__(self):\n        super().__init__(2, 1)\n");
            Write(zip, "MAR-INF/MANIFEST.json", """{"model": {"modelName": "eager", "modelVersion": "1.0", "serializedFile": "weights.pth", "modelFile": "model.py", "handler": "base_handler"}}""");
        }

        place.Configure("python=/usr/bin/python3", "default_workers_per_model=1");
        place.StartWith("eager.mar");

        (await HandlerOfAsync("eager")).ShouldBe(("base_handler", "Python", "the manifest names it, and the model is an eager one, the class in 'model.py', which only Python runs"));
        place.Run("inspect", Path.Combine(place.ModelStore, "eager.mar")).Output.ShouldContain("in a Python worker");
    }

    private async Task ShouldBeRefused(string query, string message)
    {
        (HttpStatusCode status, string text) = await place.ManageAsync(HttpMethod.Post, $"models?{query}");

        status.ShouldBe(HttpStatusCode.BadRequest, text);
        using JsonDocument error = JsonDocument.Parse(text);
        error.RootElement.GetProperty("type").GetString().ShouldBe("InvalidModelException");
        error.RootElement.GetProperty("message").GetString()!.ShouldContain(message);
    }

    private async Task<(string?, string?, string?)> HandlerOfAsync(string model)
    {
        JsonElement handler = (await place.DescribeAsync(model)).GetProperty("handler");
        return (handler.GetProperty("name").GetString(), handler.GetProperty("runs").GetString(), handler.GetProperty("reason").GetString());
    }

    private static void Write(ZipArchive zip, string name, string text)
    {
        using StreamWriter entry = new(zip.CreateEntry(name).Open());
        entry.Write(text);
    }
}
