using System.Net;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>The forms in which a model can be asked, and what the listeners say of themselves.</summary>
public sealed class InterfaceTests(DigitsServer server) : IClassFixture<DigitsServer>
{
    private static readonly byte[] Seven = File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "digits", "samples", "7.png"));

    private readonly Workplace place = server.Place;

    [Theory]
    [InlineData("POST", "predictions/digits")]
    [InlineData("PUT", "predictions/digits/")]
    [InlineData("PATCH", "predictions/digits/1.0")]
    [InlineData("DELETE", "predictions/digits/1.0/and/more")]
    [InlineData("FOO", "predictions/digit%73")]
    [InlineData("POST", "invocations")]
    [InlineData("POST", "invocations?model_name=digits")]
    [InlineData("POST", "models/digits/invoke")]
    [InlineData("POST", "digits/predict")]
    [InlineData("POST", "digits/1.0/predict")]
    [InlineData("POST", "v1/models/digits:predict")]
    [InlineData("POST", "v2/models/digits/infer")]
    public async Task Ask_AnyForm_GetsTheSameAnswer(string method, string path)
    {
        (HttpStatusCode status, string text) = await AskAsync(method, path);

        status.ShouldBe(HttpStatusCode.OK, text);
        text.ShouldBe((await AskAsync("POST", "predictions/digits")).Text);
    }

    [Theory]
    [InlineData("predictions%2Fdigits")]
    [InlineData("predictions/digits%2F1.0")]
    [InlineData("%70redictions%2fdigits")]
    [InlineData("/predictions/digits")]
    [InlineData("models/digits/invocations")]
    [InlineData("invocations/x")]
    [InlineData("v1/models/digits")]
    [InlineData("v2/health/live")]
    public async Task Ask_PathThatIsNone_Is404(string path) => (await AskAsync("POST", path)).Status.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Describe_Customized_HasAnObjectOfTheHandlers()
    {
        using JsonDocument description = JsonDocument.Parse((await place.ManageAsync(HttpMethod.Get, "models/digits?customized=true")).Text);

        description.RootElement[0].GetProperty("customizedMetadata").ValueKind.ShouldBe(JsonValueKind.Object);
        description.RootElement[0].GetProperty("modelName").GetString().ShouldBe("digits");
    }

    [Fact]
    public async Task Options_Root_DescribesEachListenersOwnPaths()
    {
        string[] inference = PathsIn(await AskAsync("OPTIONS", ""));
        string[] management = PathsIn(await place.ManageAsync(HttpMethod.Options, ""));

        inference.ShouldContain("/predictions/{model}");
        inference.ShouldContain("/invocations");
        inference.ShouldNotContain("/models");
        management.ShouldContain("/models/{model}/{version}/set-default");
        management.ShouldNotContain("/predictions/{model}");
        (PathsIn(await AskAsync("POST", "api-description"))).ShouldBe(inference);
        (await AskAsync("GET", "")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Options_Model_DescribesWhatItCanBeAsked()
    {
        (PathsIn(await AskAsync("OPTIONS", "predictions/digits"))).ShouldContain("/predictions/digits");
        (PathsIn(await place.ManageAsync(HttpMethod.Options, "models/digits/1.0"))).ShouldContain("/models/digits");
        (await AskAsync("OPTIONS", "predictions/nope")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await place.ManageAsync(HttpMethod.Options, "models")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task SetDefault_OtherMethods_ChangeNothing()
    {
        (await place.ManageAsync(HttpMethod.Delete, "models/digits/1.0/set-default")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await place.ManageAsync(HttpMethod.Post, "models/digits/1.0/set-default")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await place.ManageAsync(HttpMethod.Get, "models/digits/1.0/set-default")).Status.ShouldBe(HttpStatusCode.OK);
        (await AskAsync("POST", "predictions/digits")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static string[] PathsIn((HttpStatusCode Status, string Text) answer)
    {
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        using JsonDocument document = JsonDocument.Parse(answer.Text);
        return [.. document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name)];
    }

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(string method, string path)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), new Uri($"http://127.0.0.1:{place.InferencePort}/{path}")) { Content = new ByteArrayContent(Seven) };
        using HttpResponseMessage response = await place.Inference.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
