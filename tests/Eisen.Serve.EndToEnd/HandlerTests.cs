using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>TorchServe's handlers over HTTP, against Python's answers for torchvision's networks and a text classifier.</summary>
public sealed class HandlerTests : IDisposable
{
    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(Fixtures.PathOf("handlers/expected.json"))).RootElement;

    private readonly Workplace place = new();

    [Fact]
    public async Task Ask_DetectorWithARawPictureOrAForm_GivesPythonsBoxes()
    {
        place.StartWith(Pack("detector", "object_detector"));
        byte[] picture = Picture("portrait.jpg");
        using MultipartFormDataContent form = new() { { new ByteArrayContent(picture), "data", "portrait.jpg" } };

        foreach (HttpContent content in new HttpContent[] { new ByteArrayContent(picture), form })
            ShouldBePythons(await AskAsync("predictions/detector", content));

        static void ShouldBePythons(JsonElement things)
        {
            JsonElement wanted = Expected.GetProperty("detector").GetProperty("alone").GetProperty("portrait.jpg");
            things.GetArrayLength().ShouldBe(wanted.GetArrayLength());
            foreach ((JsonElement thing, JsonElement expected) in things.EnumerateArray().Zip(wanted.EnumerateArray()))
            {
                thing.GetProperty("score").GetDouble().ShouldBe(expected.GetProperty("score").GetDouble(), 1e-3);
                double[] box = [.. thing.GetProperty(expected.GetProperty("label").ToString()).EnumerateArray().Select(edge => edge.GetDouble())];
                foreach ((double edge, JsonElement wantedEdge) in box.Zip(expected.GetProperty("box").EnumerateArray()))
                    edge.ShouldBe(wantedEdge.GetDouble(), 1);
            }
        }
    }

    [Fact]
    public async Task Ask_InKServesEnvelope_IsAnsweredInIt()
    {
        place.Configure("service_envelope=kserve");
        place.StartWith(Pack("segmenter", "image_segmenter"), Place("double", "modules/double.pt", "base_handler"));
        string picture = Convert.ToBase64String(Picture("small.png"));

        JsonElement segmented = await AskAsync("v1/models/segmenter:predict", Json($$"""{"instances": [{"data": "{{picture}}"}, {"data": "{{picture}}"}]}"""));
        JsonElement doubled = await AskAsync("v1/models/double:predict", Json("""{"instances": [[1, 2]]}"""));

        segmented.GetProperty("predictions").EnumerateArray().Select(rows => rows.GetArrayLength()).ShouldBe([224, 224]);
        doubled.GetProperty("predictions")[0].EnumerateArray().Select(number => number.GetDouble()).ShouldBe([2, 4]);
        using HttpResponseMessage refused = await place.Inference.PostAsync("v1/models/double:predict", Json("""{"x": 1}"""));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Ask_ModelWithoutAHandler_TakesTensorsInTheFormThatIsAskedFor()
    {
        place.StartWith(Place("sum", "modules/add.pt", null));

        using HttpRequestMessage request = new(HttpMethod.Post, "predictions/sum") { Content = Json("""{"x": [[1, 2]], "y": [[3, 4]]}""") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/x-safetensors"));
        using HttpResponseMessage answer = await place.Inference.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        byte[] file = await answer.Content.ReadAsByteArrayAsync();
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-safetensors");
        int header = (int)BitConverter.ToInt64(file);
        Encoding.UTF8.GetString(file, 8, header).ShouldContain("\"output\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}");
        new[] { BitConverter.ToSingle(file, 8 + header), BitConverter.ToSingle(file, 12 + header) }.ShouldBe([4, 6]);
    }

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    private string Pack(string model, string handler) => Place(model, $"handlers/{model}.pt", handler);

    private string Place(string model, string module, string? handler)
    {
        Archives.Pack(Path.Combine(place.ModelStore, $"{model}.mar"), model, module, handler);
        return $"{model}.mar";
    }

    private static byte[] Picture(string name) => File.ReadAllBytes(Fixtures.PathOf("resnet/pictures/" + name));

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task<JsonElement> AskAsync(string path, HttpContent content)
    {
        using HttpResponseMessage answer = await place.Inference.PostAsync(path, content);
        string text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
