using System.Text;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

/// <summary>The forms that a picture may come in.</summary>
public sealed class PictureRequestTests : IDisposable
{
    private readonly IScriptModule module = Modules.Load(Fixtures.PathOf("resnet/resnet18.pt"));
    private readonly IModelHandler handler = BuiltInHandlers.Create("image_classifier", Modules.Context("{}", Fixtures.PathOf("resnet")));
    private readonly byte[] picture = TorchServeFixtures.Picture("rgb.png");

    [Fact]
    public void Handle_PictureInEachForm_IsTheSame()
    {
        string base64 = Convert.ToBase64String(picture);
        string wanted = Ask(null, picture).Text();

        Ask("text/plain", base64).Text().ShouldBe(wanted);
        Ask("application/json", $"\"{base64}\"").Text().ShouldBe(wanted);
        Ask(null, $" \"{base64.Replace("/", "\\/")}\"\n").Text().ShouldBe(wanted);
        Ask("application/json", $$"""{"data": "{{base64}}"}""").Text().ShouldBe(wanted);
        Ask("application/json", $$$"""{"other": 1, "body": {"b64": "{{{base64}}}"}}""").Text().ShouldBe(wanted);
    }

    [Fact]
    public void Handle_Numbers_AreTheModulesInputAsTheyStand()
    {
        string numbers = $"[{string.Join(",", Enumerable.Repeat($"[{string.Join(",", Enumerable.Repeat("[0.5,-1,2]", 3))}]", 3))}]";

        handler.Handle([Modules.Request(numbers)], module, CancellationToken.None).Single().Text().ShouldContain("\"class_");
    }

    [Theory]
    [InlineData("application/json", "\"%%%\"", "the text is not base64; send the bytes")]
    [InlineData("text/plain", "%%%", "the text is not base64; send the bytes")]
    [InlineData("application/json", "\"AAAA\"", "not a JPEG or PNG picture: the first bytes are 00 00 00")]
    [InlineData("application/json", "[[1,2],[3,4]]", "a picture as numbers has the shape [3, height, width], not [2, 2]")]
    [InlineData("application/json", "[[[1]],[[1]],[[1],[2]]]", "the nested lists are ragged")]
    [InlineData("application/json", "{\"picture\": 1}", "the JSON must be a picture in base64")]
    [InlineData("application/json", "{\"data\": {\"data\": {\"data\": 1}}}", "the JSON must be a picture in base64")]
    [InlineData("application/json", "{\"data\": ", "the body is not JSON")]
    public void Handle_NoPicture_SaysSo(string type, string body, string message)
    {
        HandlerAnswer answer = Ask(type, body);

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldStartWith(message);
    }

    public void Dispose() => module.Dispose();

    private HandlerAnswer Ask(string? type, string body) => Ask(type, Encoding.UTF8.GetBytes(body));

    private HandlerAnswer Ask(string? type, byte[] body) =>
        handler.Handle([new HandlerRequest([new RequestPart("body", type, body)])], module, CancellationToken.None).Single();
}
