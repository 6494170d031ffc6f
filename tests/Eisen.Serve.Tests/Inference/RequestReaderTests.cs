using System.Text;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Eisen.Serve.Inference;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Tests.Inference;

public sealed class RequestReaderTests
{
    private static readonly RequestReader Reader = new(new ServerSettings { LogFolder = "/nowhere" }, new InflightBytes(1 << 30));

    private static readonly PredictionForm Form = PredictionForm.Own(RequestKind.Predict);

    private const string Multipart = "multipart/form-data; boundary=xyz";

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("not a media type")]
    [InlineData("multipart/mixed; boundary=xyz", "multipart/mixed")]
    [InlineData("application/json; charset=utf-8", "application/json")]
    [InlineData("Application/JSON", "Application/JSON")]
    [InlineData("multipart/form-data", "multipart/form-data")]
    [InlineData("multipart/form-data; boundary=", "multipart/form-data")]
    [InlineData("multipart/form-data; boundary=\"\"", "multipart/form-data")]
    public async Task ReadAsync_RawBody_IsOnePartCalledBody(string? contentType, string? mimeType = null)
    {
        HandlerRequest request = await ReadAsync(contentType, "[1,2]");

        RequestPart part = request.Parts.Single();
        part.Name.ShouldBe("body");
        part.ContentType.ShouldBe(mimeType ?? contentType);
        Text(part).ShouldBe("[1,2]");
        request.Payload.ShouldBe(part);
    }

    [Fact]
    public async Task ReadAsync_NoBody_IsAnEmptyPart() => Text((await ReadAsync(null, "")).Parts.Single()).ShouldBe("");

    [Theory]
    [InlineData(null)]
    [InlineData(3_000_000L)]
    [InlineData(1L)]
    [InlineData(long.MaxValue)]
    public async Task ReadAsync_WhateverTheLengthSays_ReadsWhatComes(long? length)
    {
        string body = new('x', 3_000_000);
        HttpRequest request = Request("image/png", Encoding.Latin1.GetBytes(body));
        request.ContentLength = length;

        (await Reader.ReadAsync(request, Form)).Parts.Single().Content.Length.ShouldBe(body.Length);
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=xyz")]
    [InlineData("Multipart/Form-Data; boundary=\"xyz\"")]
    public async Task ReadAsync_SeveralParts_KeepsNamesTypesBytesAndOrder(string contentType)
    {
        string body = "--xyz\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nline1\r\nline2\r\n"
            + "--xyz\r\nContent-Disposition: form-data; name=other\r\n\r\n\r\n--xyz--\r\n";

        HandlerRequest request = await ReadAsync(contentType, body);

        request.Parts.Select(part => part.Name).ShouldBe(["data", "other"]);
        request.Parts.Select(part => part.ContentType).ShouldBe(["image/png", null]);
        request.Parts.Select(Text).ShouldBe(["line1\r\nline2", ""]);
        request.Payload!.Name.ShouldBe("data");
    }

    [Theory]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Disposition: form-data")]
    [InlineData("Content-Disposition: form-data; name=\"\"")]
    [InlineData("Content-Disposition: form-data; name=")]
    [InlineData("Content-Disposition: ;;;")]
    public async Task ReadAsync_PartWithoutName_IsRefused(string header) =>
        (await RefusalAsync(Multipart, $"--xyz\r\n{header}\r\n\r\nx\r\n--xyz--\r\n")).ShouldContain("has no name");

    [Fact]
    public async Task ReadAsync_LongBoundary_IsRefused() =>
        (await RefusalAsync($"multipart/form-data; boundary={new string('x', 71)}", "--xyz--\r\n")).ShouldContain("boundary of 1 to 70 characters");

    [Theory]
    [InlineData("")]
    [InlineData("no boundary at all")]
    [InlineData("--xyz")]
    public async Task ReadAsync_NothingBehindABoundary_HasNoParts(string body) => (await ReadAsync(Multipart, body)).Parts.ShouldBeEmpty();

    [Theory]
    [InlineData("--xyz\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nhalf a pict")]
    [InlineData("--xyz\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nx\r\n--xy")]
    [InlineData("--xyz\r\nno header\r\n\r\nx\r\n--xyz--\r\n")]
    public async Task ReadAsync_Truncated_IsRefused(string body) =>
        (await RefusalAsync(Multipart, body)).ShouldStartWith("The multipart body is malformed: ");

    [Fact]
    public async Task ReadAsync_PartWithTypeButNoFileName_IsAFieldWithoutType() =>
        (await ReadAsync(Multipart, "--xyz\r\nContent-Disposition: form-data; name=\"data\"\r\nContent-Type: application/json\r\n\r\n[1]\r\n--xyz--\r\n"))
            .Parts.Single().ContentType.ShouldBeNull();

    [Theory]
    [InlineData("data=hello+world&k=v%20w&k=second&empty=", "data=hello world|k=v w|k=second|empty=")]
    [InlineData("a%3Db=c%26d&&e", "a=b=c&d|e=")]
    [InlineData("%C3%A9=%e2%82%ac", "\u00e9=\u00e2\u0082\u00ac")]
    [InlineData("", "")]
    public async Task ReadAsync_Form_HasItsFieldsAsParts(string body, string parts)
    {
        HandlerRequest request = await ReadAsync("application/x-www-form-urlencoded; charset=utf-8", body);

        string.Join('|', request.Parts.Select(part => $"{part.Name}={Text(part)}")).ShouldBe(parts);
        request.Parts.ShouldAllBe(part => part.ContentType == null);
    }

    [Theory]
    [InlineData("a=%")]
    [InlineData("a=%2")]
    [InlineData("a=%zz")]
    [InlineData("%2=b")]
    public async Task ReadAsync_FormWithHalfAPercent_IsRefused(string body) =>
        (await RefusalAsync("application/x-www-form-urlencoded", body)).ShouldContain("two hexadecimal digits");

    [Fact]
    public async Task ReadAsync_FormWithTooManyFields_IsRefused() =>
        (await RefusalAsync("application/x-www-form-urlencoded", string.Join('&', Enumerable.Repeat("a=b", 1001)))).ShouldBe("A form has at most 1000 fields.");

    [Fact]
    public async Task ReadAsync_FormWithTooLongNames_IsRefused()
    {
        (await ReadAsync("application/x-www-form-urlencoded", new string('\u0001', 1 << 20))).Parts.ShouldHaveSingleItem();
        (await RefusalAsync("application/x-www-form-urlencoded", $"{new string('\u0001', 1 << 20)}=1&b=2"))
            .ShouldBe("The names and content types of a body's parts have at most 1048576 characters together, and these have 1048577.");
    }

    [Fact]
    public async Task ReadAsync_MultipartWithTooLongNames_IsRefused()
    {
        string part = $"--xyz\r\nContent-Disposition: form-data; name={new string('a', 8 << 10)}\r\n\r\n\r\n";

        (await RefusalAsync(Multipart, string.Concat(Enumerable.Repeat(part, 129)) + "--xyz--\r\n")).ShouldContain("at most 1048576 characters together");
    }

    [Fact]
    public async Task ReadAsync_Query_IsPartsOnlyWhereTheFormTakesIt()
    {
        HttpRequest request = Request("text/plain", "b"u8.ToArray());
        request.QueryString = new QueryString("?data=5&z=1&z=2");

        (await Reader.ReadAsync(request, PredictionForm.SageMaker)).Parts.Select(part => $"{part.Name}={Text(part)}").ShouldBe(["data=5", "z=1", "z=2", "body=b"]);
        request.Body.Position = 0;
        (await Reader.ReadAsync(request, Form)).Parts.Select(part => part.Name).ShouldBe(["body"]);
    }

    [Fact]
    public async Task ReadAsync_Headers_TellTheHandlerWhatWeKnowAndNotWhatAClientClaims()
    {
        HttpRequest request = Request("text/plain", "body"u8.ToArray());
        request.ContentLength = 4;
        request.Headers["Explain"] = "True";
        request.Headers["url_path"] = "elsewhere";
        request.Headers["X-Foo"] = "Bar";

        RequestHeaders own = (await Reader.ReadAsync(request, PredictionForm.Own(RequestKind.Predict, "more/path"))).Headers;
        own.Fields.Select(field => $"{field.Key}: {field.Value}")
            .ShouldBe(["explain: False", "content-length: 4", "Content-Type: text/plain", "X-Foo: Bar", "url_path: more/path"], ignoreOrder: true);
        request.Body.Position = 0;
        (await Reader.ReadAsync(request, PredictionForm.KServe(RequestKind.Explain))).Headers["explain"].ShouldBe("True");
        request.Body.Position = 0;
        (await Reader.ReadAsync(request, PredictionForm.SageMaker)).Headers["explain"].ShouldBeNull();
    }

    [Fact]
    public async Task ReadAsync_TooManyParts_IsRefused()
    {
        StringBuilder body = new();
        for (int i = 0; i <= 1000; i++)
            body.Append("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n");

        (await RefusalAsync(Multipart, body.Append("--xyz--\r\n").ToString())).ShouldBe("A multipart body has at most 1000 parts.");
    }

    [Fact]
    public async Task ReadAsync_AnyCutOrDamage_IsReadOrRefused()
    {
        byte[] whole = Encoding.Latin1.GetBytes("--xyz\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nabc\r\n--xyz\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1\r\n--xyz--\r\n");
        Random random = new(20261122);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = whole[..random.Next(whole.Length + 1)];
            for (int hit = random.Next(3); hit > 0 && damaged.Length > 0; hit--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                (await Reader.ReadAsync(Request(Multipart, damaged), Form)).Parts.ShouldAllBe(part => part.Name.Length > 0);
            }
            catch (BadHttpRequestException refused)
            {
                refused.StatusCode.ShouldBe(400);
            }
        }
    }

    private static string Text(RequestPart part) => Encoding.Latin1.GetString(part.Content.Span);

    private static async Task<HandlerRequest> ReadAsync(string? contentType, string body) => await Reader.ReadAsync(Request(contentType, Encoding.Latin1.GetBytes(body)), Form);

    private static async Task<string> RefusalAsync(string contentType, string body)
    {
        BadHttpRequestException refused = await Should.ThrowAsync<BadHttpRequestException>(() => ReadAsync(contentType, body));
        refused.StatusCode.ShouldBe(400);
        return refused.Message;
    }

    private static HttpRequest Request(string? contentType, byte[] body)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        request.ContentType = contentType;
        request.Body = new MemoryStream(body);
        return request;
    }
}
