using System.Text;

namespace Eisen.Serve.Handlers.Contract.Tests;

public sealed class HandlerAnswerTests
{
    [Fact]
    public void Json_Value_IsTheContent()
    {
        using HandlerAnswer answer = HandlerAnswer.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("risk", 0.5);
            json.WriteEndObject();
        });

        Encoding.UTF8.GetString(answer.Content.Span).ShouldBe("""{"risk":0.5}""");
        answer.ContentType.ShouldBe("application/json");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(600)]
    public void Refuse_StatusThatIsNoRefusal_Throws(int status) => Should.Throw<ArgumentOutOfRangeException>(() => HandlerAnswer.Refuse(status, "no"));

    [Fact]
    public void Refuse_Status_GoesToTheClientWithTheMessage()
    {
        HandlerAnswer answer = HandlerAnswer.Refuse(409, "the study is being written");

        answer.Error.ShouldBe(PredictionError.HandlerRefused);
        answer.Status!.Code.ShouldBe(409);
        answer.Message.ShouldBe("the study is being written");
    }
}
