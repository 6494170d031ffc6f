using System.Net;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>The model zoo's digits over HTTP, against Python's own answers for the images held out of its training.</summary>
public sealed class DigitsTests : IClassFixture<DigitsServer>
{
    private readonly DigitsServer server;

    public DigitsTests(DigitsServer server) => this.server = server;

    [Fact]
    public async Task Predict_EveryHeldOutImage_EqualsPython()
    {
        using JsonDocument heldOut = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "digits", "heldout.json")));
        int count = 0;
        foreach (JsonElement image in heldOut.RootElement.GetProperty("images").EnumerateArray())
        {
            byte[] pixels = [.. image.GetProperty("pixels").EnumerateArray().Select(pixel => pixel.GetByte())];
            double[] wanted = [.. image.GetProperty("scores").EnumerateArray().Select(score => score.GetDouble())];

            using HttpResponseMessage response = await server.Place.Inference.PostAsync("predictions/digits", new ByteArrayContent(GreyPng.Encode(pixels, width: 8)));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

            JsonProperty[] scores = [.. answer.RootElement.EnumerateObject()];
            scores[0].Name.ShouldBe(image.GetProperty("predicted").GetRawText());
            scores.Length.ShouldBe(10);
            foreach (JsonProperty score in scores)
                score.Value.GetDouble().ShouldBe(wanted[int.Parse(score.Name)], 1e-5);
            count++;
        }

        count.ShouldBeGreaterThan(200);
    }

    [Fact]
    public async Task Predict_EverySample_IsTheDigitOfItsName()
    {
        for (int i = 0; i < 20; i++)
        {
            byte[] png = File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "digits", "samples", $"{i}.png"));
            string answer = await (await server.Place.Inference.PutAsync("predictions/digits/1.0", new ByteArrayContent(png))).Content.ReadAsStringAsync();
            answer.ShouldStartWith($"{{\n  \"{i % 10}\": ");
        }
    }

    [Fact]
    public async Task Predict_Multipart_TakesThePartCalledData()
    {
        byte[] png = File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "digits", "samples", "7.png"));
        using MultipartFormDataContent form = new() { { new StringContent("hello"), "note" }, { new ByteArrayContent(png), "data", "7.png" } };

        string answer = await (await server.Place.Inference.PostAsync("predictions/digits", form)).Content.ReadAsStringAsync();

        answer.ShouldStartWith("{\n  \"7\": 0.");
    }

    [Theory]
    [InlineData("GIF89a..........", "image/gif", "GIF")]
    [InlineData("", "text/plain", "no body")]
    [InlineData("hello", "application/octet-stream", "JPEG")]
    [InlineData("hello", "text/plain", "not base64; send the bytes of a JPEG or PNG")]
    public async Task Predict_NoPicture_SaysWhatWouldBeRight(string body, string type, string text)
    {
        using StringContent content = new(body, Encoding.UTF8, type);
        HttpResponseMessage response = await server.Place.Inference.PostAsync("predictions/digits", content);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        string answer = await response.Content.ReadAsStringAsync();
        answer.ShouldContain("\"code\": 400");
        answer.ShouldContain("\"type\": \"BadRequestException\"");
        answer.ShouldContain(text);
    }

    [Fact]
    public async Task Predict_BodyOverTheLimit_Is413()
    {
        // As curl does with large bodies: ask first. Otherwise the connection closes while the client still sends.
        using HttpRequestMessage request = new(HttpMethod.Post, "predictions/digits") { Content = new ByteArrayContent(new byte[7_000_000]) };
        request.Headers.ExpectContinue = true;

        HttpResponseMessage response = await server.Place.Inference.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("predictions/nope", 404, "ModelNotFoundException", "Model not found: nope")]
    [InlineData("predictions/digits/9.9", 404, "ModelVersionNotFoundException", "Model version: 9.9 does not exist for model: digits")]
    [InlineData("predictions", 404, "ResourceNotFoundException", "Requested resource is not found, please refer to API document.")]
    [InlineData("models", 404, "ResourceNotFoundException", "Requested resource is not found, please refer to API document.")]
    public async Task Post_WhatIsNotThere_HasTorchServesAnswer(string path, int code, string type, string message)
    {
        HttpResponseMessage response = await server.Place.Inference.PostAsync(path, new StringContent("[1]"));

        ((int)response.StatusCode).ShouldBe(code);
        (await response.Content.ReadAsStringAsync()).ShouldBe($"{{\n  \"code\": {code},\n  \"type\": \"{type}\",\n  \"message\": \"{message}\"\n}}\n");
    }

    [Fact]
    public async Task Management_Predictions_AreNotThere()
    {
        HttpResponseMessage response = await server.Place.Management.PostAsync("predictions/digits", new StringContent("[1]"));

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("models/digits")]
    [InlineData("models/digits/1.0")]
    [InlineData("models/digits/all")]
    public async Task Describe_Model_HasTorchServesFields(string path)
    {
        using JsonDocument answer = JsonDocument.Parse(await server.Place.Management.GetStringAsync(path));

        JsonElement model = answer.RootElement.EnumerateArray().ShouldHaveSingleItem();
        string[] names = [.. model.EnumerateObject().Select(property => property.Name)];
        names.ShouldBe(
        [
            "modelName", "modelVersion", "modelUrl", "runtime", "minWorkers", "maxWorkers", "batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout",
            "maxRetryTimeoutInSec", "clientTimeoutInMills", "parallelType", "parallelLevel", "deviceType", "continuousBatching", "useJobTicket", "useVenv",
            "stateful", "sequenceMaxIdleMSec", "sequenceTimeoutMSec", "maxNumSequence", "maxSequenceJobQueueSize", "loadedAtStartup", "workers", "jobQueueStatus", "status",
            "handler", "optimization",
        ]);
        new[] { "None", "Freeze", "OptimizeForInference" }.ShouldContain(model.GetProperty("optimization").GetProperty("choice").GetString());
        model.GetProperty("workers")[0].GetProperty("status").GetString().ShouldBe("READY");
        model.GetProperty("jobQueueStatus").GetProperty("remainingCapacity").GetInt32().ShouldBe(100);
    }

    [Fact]
    public async Task List_Models_AreNamedWithTheirArchives() =>
        (await server.Place.Management.GetStringAsync("models")).ShouldBe("{\n  \"models\": [\n    {\n      \"modelName\": \"digits\",\n      \"modelUrl\": \"digits.mar\"\n    }\n  ]\n}\n");

    [Fact]
    public async Task Documentation_OpenApiAndSwagger_AreServedOnBothListeners()
    {
        (await server.Place.Inference.GetAsync("openapi/management.json")).StatusCode.ShouldBe(HttpStatusCode.NotFound, "each listener shows its own");
        (await server.Place.Inference.GetStringAsync("openapi/inference.json")).ShouldContain("/predictions/{model}");
        (await server.Place.Management.GetStringAsync("openapi/management.json")).ShouldContain("/models/{model}");
        (await server.Place.Inference.GetStringAsync("swagger/index.html")).ShouldContain("Eisen.Serve");
        (await server.Place.Management.GetStringAsync("swagger/index.html")).ShouldContain("Eisen.Serve");
    }
}
