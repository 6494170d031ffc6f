using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary><c>tools/eisen_export.py</c>: Python objects and archives of Eisen-Deploy's, packed and served.</summary>
public sealed class ExportTests : IDisposable
{
    private const string Objects =
        """
        from typing import Dict
        import torch

        class Net(torch.nn.Module):
            def forward(self, a, b):
                return a + b, a - b

        class Unscriptable(torch.nn.Module):
            def forward(self, *xs):
                return xs[0] * 2, xs[1]

        class Doubled(torch.nn.Module):
            def forward(self, fields: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
                fields["a"] = fields["a"] * 2
                return fields

        unscriptable = Unscriptable()
        metadata = {
            "inputs": [{"name": "a", "type": "ndarray", "shape": [-1]}, {"name": "b", "type": "ndarray", "shape": [-1]}],
            "outputs": [{"name": "sum", "type": "ndarray", "shape": [-1]}, {"name": "difference", "type": "ndarray", "shape": [-1]}],
            "model_input_list": ["a", "b"], "model_output_list": ["sum", "difference"], "custom": {},
        }
        """;

    private readonly Workplace place = new();

    public ExportTests() => File.WriteAllText(Path.Combine(place.Folder, "objects.py"), Objects);

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Convert_ArchiveOfTheOriginal_IsServed()
    {
        CommandResult converted = Export("convert", Fixtures.PathOf("original/brain.mar"), "--trust", "--export-path", place.ModelStore);
        converted.ExitCode.ShouldBe(0, converted.ToString());
        converted.Output.ShouldContain("labels.txt");
        place.StartWith("brain.mar");

        JsonElement answer = await AskJsonAsync("brain", """{"scan": [[[0, 1, 2], [3, 4, 5]]]}""");

        Numbers(answer.GetProperty("mask")).ShouldBe([0, 0, 0, 1, 1, 1]);
        answer.GetProperty("note").GetString().ShouldBe("done");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Pack_ObjectsOfAModule_AreScriptedAndServed()
    {
        CommandResult packed = Export("pack", "--model", "objects:Net", "--metadata", "objects:metadata", "--model-name", "net", "--version", "1.0", "--export-path", place.ModelStore);
        packed.ExitCode.ShouldNotBe(0);
        packed.Errors.ShouldContain("not a torch.nn.Module");

        File.AppendAllText(Path.Combine(place.Folder, "objects.py"), "\ndef net():\n    return Net()\n\ndef doubled():\n    return Doubled()\n");
        packed = Export(
            "pack", "--model", "objects:net", "--pre-processing", "objects:doubled", "--metadata", "objects:metadata", "--model-name", "net", "--version", "1.0", "--export-path", place.ModelStore);
        packed.ExitCode.ShouldBe(0, packed.ToString());
        place.StartWith("net.mar");

        JsonElement answer = await AskJsonAsync("net", """{"a": [1.5, 2], "b": [1, 1]}""");

        Numbers(answer.GetProperty("sum")).ShouldBe([4, 5]);
        Numbers(answer.GetProperty("difference")).ShouldBe([2, 3]);
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Pack_ModuleThatCannotBeScripted_IsTraced()
    {
        string[] line = ["pack", "--model", "objects:unscriptable", "--metadata", "objects:metadata", "--model-name", "net", "--version", "1.0", "--export-path", place.ModelStore];
        Export(line).Errors.ShouldContain("--trace FILE.npz");
        place.RunCommand("/usr/bin/python3", place.Folder, "-c", "import numpy; numpy.savez('example.npz', a=numpy.ones(2, 'float32'), b=numpy.ones(2, 'float32'))").ExitCode.ShouldBe(0);

        CommandResult traced = Export([.. line, "--trace", "example.npz"]);

        traced.ExitCode.ShouldBe(0, traced.ToString());
        traced.Output.ShouldContain("-> Tuple[Tensor, Tensor]");
    }

    [Fact]
    public void Convert_WithoutTrust_LoadsNoPickle()
    {
        CommandResult refused = Export("convert", Fixtures.PathOf("original/hostile_model.mar"), "--export-path", place.ModelStore);

        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("--trust");
        File.Exists(Path.Combine(place.Folder, "RAN")).ShouldBeFalse();
        Directory.GetFileSystemEntries(place.ModelStore).ShouldBeEmpty();
    }

    [Fact]
    public void Convert_TransformsThatRunCode_NeverDoSo()
    {
        CommandResult refused = Export("convert", Fixtures.PathOf("original/hostile_transforms.mar"), "--trust", "--export-path", place.ModelStore);

        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("posix.system, which is not Eisen's");
        File.Exists(Path.Combine(place.Folder, "RAN")).ShouldBeFalse();
    }

    [Fact]
    public void Convert_TransformsOfSomebodyElses_NamesTheClass() =>
        Export("convert", Fixtures.PathOf("original/foreign.mar"), "--trust", "--export-path", place.ModelStore).Errors
            .ShouldBe("eisen_export.py: the archive's transforms need hospital.transforms.Secret, which is not Eisen's; only Eisen's own transforms can be converted\n");

    private CommandResult Export(params string[] args) => place.RunCommand(
        "/usr/bin/env", place.Folder, ["PYTHONPATH=" + place.Folder, "PYTHONDONTWRITEBYTECODE=1", $"EISEN_SERVE={Workplace.Program}", "/usr/bin/python3", Path.Combine(Fixtures.RepositoryRoot, "tools", "eisen_export.py"), .. args]);

    private async Task<JsonElement> AskJsonAsync(string model, string json)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"predictions/{model}") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using HttpResponseMessage response = await place.Inference.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    private static IEnumerable<double> Numbers(JsonElement nested) =>
        nested.ValueKind == JsonValueKind.Array ? nested.EnumerateArray().SelectMany(Numbers) : [nested.GetDouble()];
}
