using System.Text;
using Eisen.Serve.Management;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Tests.Management;

public sealed class RegistrationRequestTests
{
    private static readonly RegistrationRequest Whole = new()
    {
        Url = "digits.mar",
        ModelName = "mine",
        Handler = "image_classifier",
        Runtime = "python3",
        BatchSize = 8,
        MaxBatchDelay = 50,
        InitialWorkers = 0,
        Synchronous = false,
        ResponseTimeout = 30,
        StartupTimeout = 60,
    };

    [Fact]
    public async Task ReadAsync_Query_HasAllNames()
    {
        const string query = "?url=digits.mar&model_name=mine&handler=image_classifier&runtime=python3&batch_size=8&max_batch_delay=50&initial_workers=0&synchronous=false&response_timeout=30&startup_timeout=60";

        (await QueryAsync(query)).ShouldBe(Whole);
    }

    [Fact]
    public async Task ReadAsync_JsonBody_HasAllNamesAndIgnoresOthers()
    {
        const string json = """
            {"url":"digits.mar","model_name":"mine","batch_size":8,"max_batch_delay":50,"initial_workers":0,"synchronous":false,"response_timeout":30,"startup_timeout":60,
             "handler":"image_classifier","runtime":"python3","s3_sse_kms":"false"}
            """;

        (await BodyAsync(json)).ShouldBe(Whole);
        (await BodyAsync(json, "application/json; charset=utf-8")).ShouldBe(Whole);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?URLS=x&batch_size=&synchronous")]
    public async Task ReadAsync_NothingSaid_IsLeftOpen(string query)
    {
        RegistrationRequest asked = await QueryAsync(query);

        (asked with { Synchronous = null }).ShouldBe(new RegistrationRequest());
        (await BodyAsync("{}")).ShouldBe(new RegistrationRequest());
    }

    [Theory]
    [InlineData("batch_size=0")]
    [InlineData("batch_size=-3")]
    [InlineData("batch_size=8.5")]
    [InlineData("batch_size=eight")]
    [InlineData("batch_size=99999999999")]
    [InlineData("max_batch_delay=abc")]
    [InlineData("max_batch_delay=-1")]
    [InlineData("initial_workers=-1")]
    [InlineData("initial_workers=1025")]
    [InlineData("response_timeout=0")]
    [InlineData("startup_timeout=never")]
    public async Task ReadAsync_BadNumber_IsRefusedByItsName(string query) =>
        (await Should.ThrowAsync<BadHttpRequestException>(() => QueryAsync($"?url=a.mar&{query}"))).Message.ShouldStartWith($"{query.Split('=')[0]} must be ");

    [Fact]
    public async Task ReadAsync_BadNumberInABody_IsRefusedByItsName() =>
        (await Should.ThrowAsync<BadHttpRequestException>(() => BodyAsync("""{"url":"a.mar","batch_size":0}"""))).Message.ShouldStartWith("batch_size must be ");

    [Theory]
    [InlineData("/etc/handler.py")]
    [InlineData("../handler.py")]
    [InlineData("a/../../handler")]
    public async Task ReadAsync_HandlerOutsideOfTheArchive_IsRefused(string handler) =>
        (await Should.ThrowAsync<BadHttpRequestException>(() => QueryAsync($"?url=a.mar&handler={handler}"))).Message.ShouldStartWith("handler must be ");

    [Fact]
    public async Task ReadAsync_UnknownRuntime_IsRefused() =>
        (await Should.ThrowAsync<BadHttpRequestException>(() => QueryAsync("?url=a.mar&runtime=xyz"))).Message.ShouldBe("Invalid RuntimeType value: xyz");

    [Theory]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    [InlineData("false", false)]
    [InlineData("yes", false)]
    public async Task ReadAsync_TruthInTheQuery_IsTrueOnlyForTrue(string text, bool value) =>
        (await QueryAsync($"?synchronous={text}")).Synchronous.ShouldBe(value);

    [Fact]
    public async Task ReadAsync_QueryBesideABody_BodyCountsOnlyAsJson()
    {
        (await BodyAsync("""{"url":"a.mar"}""", "text/plain", "?url=b.mar")).Url.ShouldBe("b.mar");
        (await BodyAsync("""{"url":"a.mar"}""", "application/json", "?url=b.mar")).Url.ShouldBe("a.mar");
        (await BodyAsync("", "application/json", "?url=b.mar")).Url.ShouldBe("b.mar");
    }

    [Theory]
    [InlineData("null", "at least \"url\"")]
    [InlineData("[]", "wrong at $")]
    [InlineData("""{"url":1}""", "wrong at $.url")]
    [InlineData("""{"url":"a.mar","batch_size":"many"}""", "wrong at $.batch_size")]
    [InlineData("""{"url":"a.mar",""", "wrong at $")]
    [InlineData(" ", "wrong at $")]
    public async Task ReadAsync_BodyThatIsNot_IsRefused(string body, string reason)
    {
        BadHttpRequestException refused = await Should.ThrowAsync<BadHttpRequestException>(() => BodyAsync(body));

        refused.StatusCode.ShouldBe(400);
        refused.Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(65_537L)]
    public async Task ReadAsync_BodyOfUnknownOrLargeLength_IsRefused(long? length)
    {
        HttpRequest request = Request("{}", "application/json");
        request.ContentLength = length;

        (await Should.ThrowAsync<BadHttpRequestException>(() => RegistrationRequest.ReadAsync(request))).Message.ShouldContain("Content-Length of at most 65536 bytes");
    }

    private static Task<RegistrationRequest> QueryAsync(string query) => RegistrationRequest.ReadAsync(Request("", null, query));

    private static Task<RegistrationRequest> BodyAsync(string body, string contentType = "application/json", string query = "") =>
        RegistrationRequest.ReadAsync(Request(body, contentType, query));

    private static HttpRequest Request(string body, string? contentType, string query = "")
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        HttpRequest request = new DefaultHttpContext().Request;
        request.Method = HttpMethods.Post;
        request.QueryString = new QueryString(query);
        request.ContentType = contentType;
        request.ContentLength = bytes.Length;
        request.Body = new MemoryStream(bytes);
        return request;
    }
}
