using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>The <c>eisen</c> handler over HTTP: what a TorchServe answered to the original's handler, and the forms beyond it.</summary>
public sealed class EisenTests(EisenServer server) : IClassFixture<EisenServer>
{
    private const string MissingField = "field 'image' is missing; it must be an array of shape [-1, 1, -1, -1, -1], but 'img' was given";

    private static readonly JsonElement[] Cases = [.. JsonDocument.Parse(File.ReadAllBytes(References.Eisen("served/cases.json"))).RootElement.EnumerateArray()];

    private readonly HttpClient client = server.Place.Inference;

    public static IEnumerable<object[]> Answered =>
        from name in (string[])["one", "batch_of_three", "float64", "int16", "extra_field"]
        from model in (string[])["eisen_seg", "original", "batched"]
        select (object[])[model, name];

    [Theory]
    [MemberData(nameof(Answered))]
    public async Task Ask_EachRecordedRequest_IsTheRecordedAnswer(string model, string name)
    {
        JsonElement recorded = CaseOf(name);

        using HttpResponseMessage response = await AskAsync(model, Body(recorded));

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Content.Headers.ContentType.ShouldBeNull();
        using FieldDictionary given = EisenMessagePack.ReadFields(await response.Content.ReadAsByteArrayAsync());
        using FieldDictionary expected = EisenMessagePack.ReadFields(recorded.GetProperty("response_base64").GetBytesFromBase64());
        ShouldAgree(given, expected);
    }

    [Theory]
    [InlineData("eisen_seg")]
    [InlineData("original")]
    public async Task Ask_EmptyBody_IsTheMetadata(string model)
    {
        using HttpResponseMessage response = await client.PostAsync($"predictions/{model}", null);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        JsonNode.DeepEquals(JsonNode.Parse(await response.Content.ReadAsStringAsync()), JsonNode.Parse(CaseOf("metadata").GetProperty("response_base64").GetBytesFromBase64())).ShouldBeTrue();
    }

    [Theory]
    [InlineData("missing_field", MissingField)]
    [InlineData("wrong_rank", "field 'image' must be an array of shape [-1, 1, -1, -1, -1], but an array float32[4, 4] was given")]
    [InlineData("not_msgpack", "the body is not a message of Eisen's: at byte 0 is the code 0xc1, which stands for nothing that Eisen's messages have")]
    [InlineData("json_instead", "field 'image' must be an array of shape [-1, 1, -1, -1, -1], but an array int64[1, 2] was given")]
    public async Task Ask_WhatCannotBeUsed_Is400AndSaysWhy(string name, string message)
    {
        JsonElement recorded = CaseOf(name);
        string? type = recorded.GetProperty("request_headers").TryGetProperty("Content-Type", out JsonElement given) ? given.GetString() : null;

        foreach (string model in (string[])["eisen_seg", "batched"])
        {
            using HttpResponseMessage response = await AskAsync(model, Body(recorded), type);

            await ShouldBe400Async(response, message);
        }
    }

    [Fact]
    public async Task Ask_ManyAtOnceOfSeveralShapes_AreAnsweredAsAloneAndBadOnesFailAlone()
    {
        string[] names = ["one", "batch_of_three", "float64", "int16", "wrong_rank", "missing_field"];
        string[] asked = [.. Enumerable.Range(0, 48).Select(i => names[i % names.Length])];

        HttpResponseMessage[] responses = await Task.WhenAll(asked.Select(name => AskAsync("batched", Body(CaseOf(name)))));

        foreach ((string name, HttpResponseMessage response) in asked.Zip(responses))
        {
            using (response)
            {
                bool isBad = name is "wrong_rank" or "missing_field";
                response.StatusCode.ShouldBe(isBad ? HttpStatusCode.BadRequest : HttpStatusCode.OK, name);
                if (isBad)
                    continue;
                using FieldDictionary given = EisenMessagePack.ReadFields(await response.Content.ReadAsByteArrayAsync());
                using FieldDictionary expected = EisenMessagePack.ReadFields(CaseOf(name).GetProperty("response_base64").GetBytesFromBase64());
                ShouldAgree(given, expected);
            }
        }
    }

    [Fact]
    public async Task Ask_Json_IsAnsweredInJson()
    {
        const string body = """{"image": [[[[[1, 2], [3, 4.5]]]]], "more": null}""";

        using HttpResponseMessage response = await AskAsync("eisen_seg", System.Text.Encoding.UTF8.GetBytes(body), "application/json");

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        answer.RootElement.EnumerateObject().Select(field => field.Name).ShouldBe(["logits", "note"]);
        answer.RootElement.GetProperty("note").GetString().ShouldBe("done");
        answer.RootElement.GetProperty("logits")[0][1][0][1].GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData("application/msgpack", "application/msgpack")]
    [InlineData("application/json", "application/json")]
    [InlineData("text/html, application/x-npz;q=0.9, */*;q=0.1", "application/x-npz")]
    [InlineData("application/x-npy", "application/x-npy")]
    public async Task Ask_Accept_IsTheAnswersForm(string accept, string type)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "predictions/eisen_seg") { Content = new ByteArrayContent(Body(CaseOf("one"))) };
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using HttpResponseMessage response = await client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        using FieldDictionary expected = EisenMessagePack.ReadFields(CaseOf("one").GetProperty("response_base64").GetBytesFromBase64());
        NDArray logits = type switch
        {
            "application/x-npy" => NpyFile.Read(answer),
            "application/json" => FromLists(answer),
            _ => Elements(type == "application/msgpack" ? EisenMessagePack.ReadFields(answer) : Arrays(answer), "logits"),
        };
        ShouldAgree(logits, Elements(expected, "logits"));
    }

    [Fact]
    public async Task Ask_Npy_IsTheOneArray()
    {
        using FieldDictionary sent = EisenMessagePack.ReadFields(Body(CaseOf("float64")));
        using FieldDictionary expected = EisenMessagePack.ReadFields(CaseOf("float64").GetProperty("response_base64").GetBytesFromBase64());
        ArrayBufferWriter<byte> file = new();
        NpyFile.Write(file, Elements(sent, "image"));

        using HttpResponseMessage whole = await AskAsync("eisen_seg", file.WrittenSpan.ToArray());
        using MultipartFormDataContent form = new() { { new ByteArrayContent(file.WrittenSpan.ToArray()), "image", "image.npy" }, { new StringContent("?"), "other" } };
        using HttpResponseMessage part = await client.PostAsync("predictions/eisen_seg", form);

        whole.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-npz");
        ShouldAgree(Elements(Arrays(await whole.Content.ReadAsByteArrayAsync()), "logits"), Elements(expected, "logits"));
        using FieldDictionary given = EisenMessagePack.ReadFields(await part.Content.ReadAsByteArrayAsync());
        ShouldAgree(given, expected);
    }

    [Theory]
    [InlineData("81a5696d616765dbffffffff", "a string at byte 7 should have 4294967295 bytes, but 0 are left")]
    [InlineData("81a5696d61676584ab5f5f6e6461727261795f5fc3a464617461c400a57368617065 95cf7fffffffffffffff01010101a474797065a7666c6f61743332", "would take more than 2 GiB, but there are 0")]
    [InlineData("81a5696d61676584ab5f5f6e6461727261795f5fc3a464617461c400a5736861706595ff01010101a474797065a66f626a656374", "the element type 'object' is none that arrays have here")]
    [InlineData("90", "the message is not a map from field names to values")]
    [InlineData("81a5696d616765a8636f66666565212a", "field 'image' must be an array of shape [-1, 1, -1, -1, -1], but a text was given")]
    [InlineData("1f8b", "field 'image' is no array after pre-processing")]
    public async Task Ask_HostileBody_Is400(string hex, string message)
    {
        using HttpResponseMessage response = await AskAsync("eisen_seg", Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        await ShouldBe400Async(response, message);
    }

    private static async Task ShouldBe400Async(HttpResponseMessage response, string message)
    {
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using JsonDocument error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        error.RootElement.GetProperty("message").GetString()!.ShouldContain(message);
    }

    private static void ShouldAgree(FieldDictionary given, FieldDictionary expected)
    {
        given.Names.ShouldBe(expected.Names);
        foreach ((string name, FieldValue value) in expected.Fields)
        {
            if (value is FieldValue.Array array)
                ShouldAgree(Elements(given, name), array.Elements);
            else
                given[name].ShouldBe(value);
        }
    }

    private static void ShouldAgree(NDArray given, NDArray expected)
    {
        given.ToString().ShouldBe(expected.ToString());
        foreach ((float one, float other) in given.AsSpan<float>().ToArray().Zip(expected.AsSpan<float>().ToArray()))
            one.ShouldBe(other, 1e-5 * Math.Max(1, Math.Abs(other)));
    }

    private static NDArray Elements(FieldDictionary fields, string name) => fields[name].ShouldBeOfType<FieldValue.Array>().Elements;

    // numpy's texts are no arrays here: the file's others are.
    private static FieldDictionary Arrays(byte[] npz)
    {
        using System.IO.Compression.ZipArchive zip = new(new MemoryStream(npz));
        FieldDictionary fields = new();
        using MemoryStream logits = new();
        using (Stream entry = zip.GetEntry("logits.npy")!.Open())
            entry.CopyTo(logits);
        fields["logits"] = new FieldValue.Array(NpyFile.Read(logits.ToArray()));
        return fields;
    }

    private static NDArray FromLists(byte[] json)
    {
        JsonElement lists = JsonDocument.Parse(json).RootElement.GetProperty("logits");
        List<long> shape = [];
        for (JsonElement at = lists; at.ValueKind == JsonValueKind.Array; at = at[0])
            shape.Add(at.GetArrayLength());
        return NDArray.Copy<float>([.. Numbers(lists)], [.. shape]);
    }

    private static IEnumerable<float> Numbers(JsonElement json) => json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().SelectMany(Numbers) : [json.GetSingle()];

    private static JsonElement CaseOf(string name) => Cases.Single(item => item.GetProperty("name").GetString() == name);

    private static byte[] Body(JsonElement recorded) => recorded.GetProperty("request_base64").GetBytesFromBase64();

    private Task<HttpResponseMessage> AskAsync(string model, byte[] body, string? type = null)
    {
        ByteArrayContent content = new(body);
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return client.PostAsync($"predictions/{model}", content);
    }
}
