using System.Net;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>Other archives over HTTP.</summary>
public sealed class ModelTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task ImageClassifier_ResNet18_EqualsPillowAndTorchvision()
    {
        place.AddToStore(Fixtures.PathOf("resnet/resnet18.mar"));
        place.StartWith("resnet18.mar");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Fixtures.PathOf("resnet/expected.json")));

        foreach (JsonProperty picture in expected.RootElement.GetProperty("pictures").EnumerateObject())
        {
            byte[] bytes = File.ReadAllBytes(Fixtures.PathOf($"resnet/pictures/{picture.Name}"));
            using HttpResponseMessage response = await place.Inference.PostAsync("predictions/resnet18", new ByteArrayContent(bytes));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

            JsonProperty[] classes = [.. answer.RootElement.EnumerateObject()];
            classes.Select(each => each.Name).ShouldBe(picture.Value.EnumerateArray().Select(each => each[0].GetString()), picture.Name);
            foreach ((JsonProperty given, JsonElement wanted) in classes.Zip(picture.Value.EnumerateArray()))
                given.Value.GetDouble().ShouldBe(wanted[1].GetDouble(), 1e-4, picture.Name);
        }

        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task BaseHandler_Double_AnswersAsTorchServe()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "double.mar"), "double", "modules/double.pt");
        place.StartWith("double.mar");

        (await AskAsync("predictions/double", "[1,2,3,4]")).Text.ShouldBe("[\n  2.0,\n  4.0,\n  6.0,\n  8.0\n]");
        (await AskAsync("predictions/double", "[]")).Text.ShouldBe("[]");
        (await AskAsync("predictions/double/1.0/a/b", "[[1.5],[-2]]")).Text.ShouldBe("[\n  [\n    3.0\n  ],\n  [\n    -4.0\n  ]\n]");
        (HttpStatusCode status, string text) = await AskAsync("predictions/double", "[1,2,");
        status.ShouldBe(HttpStatusCode.BadRequest);
        text.ShouldContain("not JSON");
        (await AskAsync("predictions/double", "[[1,2],[3]]")).Text.ShouldContain("ragged");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Predict_ModuleThatRaises_Is503AndTheLogHasTheSourceLine()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "raises.mar"), "raises", "modules/raises.pt");
        place.StartWith("raises.mar");

        (HttpStatusCode status, string text) = await AskAsync("predictions/raises", "[1]");

        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        text.ShouldBe("{\n  \"code\": 503,\n  \"type\": \"InternalServerException\",\n  \"message\": \"Prediction failed\"\n}\n");
        place.Log.ShouldContain("Traceback of TorchScript");
        place.Log.ShouldContain("raise ValueError(\"the scan has no brain in it\")");
        (await AskAsync("predictions/raises", "[1]")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable, "the worker goes on");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Predict_ModuleThatNeedsMoreMemoryThanThereIs_Is507()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "huge.mar"), "huge", "modules/huge.pt");
        place.StartWith("huge.mar");

        (HttpStatusCode status, string text) = await AskAsync("predictions/huge", "[1]");

        status.ShouldBe(HttpStatusCode.InsufficientStorage);
        text.ShouldContain("Out of resources");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Models_SeveralWithNames_AnswerUnderThem()
    {
        place.AddToStore(Archives.Digits);
        Archives.Pack(Path.Combine(place.ModelStore, "double.mar"), "double", "modules/double.pt", config: "minWorkers: 3\nmaxWorkers: 3\n");
        place.Configure("default_workers_per_model=2", "job_queue_size=7");

        place.StartWith("eights=digits.mar", "double.mar", "twice=double.mar");

        (await AskAsync("predictions/twice", "[1]")).Text.ShouldBe("[\n  2.0\n]");
        string eights = await place.Management.GetStringAsync("models/eights");
        eights.ShouldContain("\"remainingCapacity\": 7");
        string twice = await place.Management.GetStringAsync("models/twice");
        twice.Split("\"status\": \"READY\"").Length.ShouldBe(5, "three workers and the version");
        (await place.Management.GetStringAsync("models?limit=1")).ShouldContain("\"nextPageToken\": \"1\"");
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(string path, string body)
    {
        using HttpResponseMessage response = await place.Inference.PostAsync(path, new StringContent(body));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
