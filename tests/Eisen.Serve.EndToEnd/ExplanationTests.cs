using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>Why models answer as they do, from the real program.</summary>
public sealed class ExplanationTests : IDisposable
{
    private static readonly byte[] White = GreyPng.Encode([.. Enumerable.Repeat((byte)255, 64)], width: 8);

    private readonly Workplace place = new();

    public ExplanationTests()
    {
        Archives.Pack(Path.Combine(place.ModelStore, "corners.mar"), "corners", "modules/halves.pt", "image_classifier", "handler: {resize: 8, crop: 8, channels: 1, mean: [0.5], std: [0.5]}\n");
        Archives.Pack(Path.Combine(place.ModelStore, "double.mar"), "double", "modules/double.pt");
        using (ZipArchive zip = ZipFile.Open(Path.Combine(place.ModelStore, "volume.mar"), ZipArchiveMode.Create))
        {
            zip.CreateEntryFromFile(Fixtures.PathOf("modules/halves.pt"), "model.pt");
            Write(zip, "metadata.json", """{"inputs": [{"name": "image", "type": "ndarray", "shape": [-1, 1, -1, -1, -1]}], "outputs": [{"name": "score", "type": "ndarray", "shape": [-1, 2]}]}""");
            Write(zip, "MAR-INF/MANIFEST.json", """{"model": {"modelName": "volume", "modelVersion": "1.0", "serializedFile": "model.pt", "handler": "eisen"}}""");
        }

        place.StartWith("corners.mar", "double.mar", "volume.mar");
    }

    public void Dispose()
    {
        place.Stop();
        place.Dispose();
    }

    [Theory]
    [InlineData("explanations/corners", 0)]
    [InlineData("explanations/corners/1.0", 1)]
    [InlineData("v1/models/corners:explain", 1)]
    [InlineData("v2/models/corners/explain", 0)]
    public async Task Explain_Picture_IsAListOfItsShapeAboutTheClass(string path, int target)
    {
        using MultipartFormDataContent form = new() { { new ByteArrayContent(White), "data", "white.png" }, { new StringContent($"{target}"), "target" } };

        using HttpResponseMessage response = await place.Inference.PostAsync(path, form);

        string text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        response.Content.Headers.ContentType.ShouldBeNull();
        float[][] map = JsonSerializer.Deserialize<float[][][]>(text)!.ShouldHaveSingleItem();
        map[0][0].ShouldBe(target == 0 ? 1 : 0, 1e-4);
        map[7][7].ShouldBe(target == 1 ? 1 : 0, 1e-4);
        map[0][7].ShouldBe(0);
    }

    [Fact]
    public async Task Explain_PictureAsHeatMap_IsAPngOfItsSize()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "explanations/corners") { Content = new ByteArrayContent(GreyPng.Encode(new byte[40 * 20], width: 40)) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("image/png"));

        using HttpResponseMessage response = await place.Inference.SendAsync(request);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        byte[] png = await response.Content.ReadAsByteArrayAsync();
        png[..8].ShouldBe([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        // The first chunk begins with width and height.
        (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))).ShouldBe((40, 20));
    }

    [Fact]
    public async Task Explain_Volume_IsAFieldForEachInput()
    {
        using FieldDictionary asked = new() { ["image"] = new FieldValue.Array(NDArray.Copy<float>([1, 1, 1, 1, 1, 1, 1, 1], 1, 1, 2, 2, 2)), ["target"] = new FieldValue.Integer(1) };
        System.Buffers.ArrayBufferWriter<byte> message = new();
        EisenMessagePack.WriteFields(message, asked);

        using HttpResponseMessage response = await place.Inference.PostAsync("explanations/volume", new ByteArrayContent(message.WrittenSpan.ToArray()));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        using FieldDictionary told = EisenMessagePack.ReadFields(await response.Content.ReadAsByteArrayAsync());
        told.Names.ShouldBe(["image"]);
        told.Array("image").AsSpan<float>().ToArray().ShouldBe([0, 0, 0, 0, 0, 0, 0, 1]);
    }

    [Theory]
    [InlineData("double", "[1]", HttpStatusCode.ServiceUnavailable, "InternalServerException", "gives no explanations")]
    [InlineData("corners", "no picture", HttpStatusCode.BadRequest, "BadRequestException", "not a JPEG or PNG picture")]
    [InlineData("volume", "{\"image\": [[[[[1, 2]]]]], \"target\": 2}", HttpStatusCode.BadRequest, "BadRequestException", "target is 2, but the model has 2 classes")]
    [InlineData("volume", "", HttpStatusCode.BadRequest, "BadRequestException", "the request has no body")]
    public async Task Explain_WhatCannotBe_SaysWhy(string model, string body, HttpStatusCode status, string type, string message)
    {
        using HttpResponseMessage response = await place.Inference.PostAsync($"explanations/{model}", new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body)));

        string text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        text.ShouldContain(type);
        text.ShouldContain(message);
    }

    private static void Write(ZipArchive zip, string name, string text)
    {
        using StreamWriter entry = new(zip.CreateEntry(name).Open());
        entry.Write(text);
    }
}
