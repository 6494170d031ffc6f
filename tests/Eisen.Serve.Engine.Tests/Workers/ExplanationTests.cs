using System.Text;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Workers;

/// <summary>Explanations on lanes: they are long, and end when nobody waits for them any more.</summary>
public sealed class ExplanationTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly ScriptedWorkers workers = new();
    private readonly Models models;

    public ExplanationTests() => models = new Models(time, null, workers);

    [Fact]
    public async Task Explain_TimeIsOver_StopsAndFreesTheLane()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", handler: "scripted:run", workers: 1));
        Task<HandlerAnswer> explanation = AskAsync(version, "wait", TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => workers.Waiting == 1);

        time.Advance(TimeSpan.FromSeconds(2));

        (await explanation).Error.ShouldBe(PredictionError.DeadlineExceeded);
        (await version.AskAsync("next")).Text().ShouldBe("next", "the one lane is free again");
    }

    [Fact]
    public async Task Explain_CallerGoes_StopsAndFreesTheLane()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", handler: "scripted:run", workers: 1));
        using CancellationTokenSource gone = new();
        Task<HandlerAnswer> explanation = AskAsync(version, "wait", TimeSpan.MaxValue, gone.Token);
        await Answers.UntilAsync(() => workers.Waiting == 1);

        gone.Cancel();

        (await explanation).Error.ShouldBe(PredictionError.ClientGone);
        (await version.AskAsync("next")).Text().ShouldBe("next");
    }

    [Theory]
    [InlineData("base_handler")]
    [InlineData("tensor")]
    public async Task Explain_HandlerThatGivesNone_SaysWhichDo(string handler)
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", "batchSize: 4\n", handler: handler));

        HandlerAnswer answer = await AskAsync(version, "[1]", TimeSpan.MaxValue);

        answer.Error.ShouldBe(PredictionError.HandlerRefused);
        answer.Status!.Code.ShouldBe(503);
        answer.Message.ShouldContain("gives no explanations");
    }

    [Fact]
    public async Task Explain_WrongInput_IsTheClientsMistake()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("halves", "batchSize: 4\nhandler: {crop: 8, resize: 8}\n", handler: "image_classifier"));

        HandlerAnswer answer = await AskAsync(version, "no picture", TimeSpan.MaxValue);

        answer.Error.ShouldBe(PredictionError.BadInput);
        answer.Message.ShouldContain("not a JPEG or PNG picture");
    }

    public void Dispose() => models.Dispose();

    private static async Task<HandlerAnswer> AskAsync(ModelVersion version, string body, TimeSpan patience, CancellationToken callerGone = default)
    {
        using ModelLease? lease = version.TryEnter();
        HandlerRequest request = new([new RequestPart("body", null, Encoding.UTF8.GetBytes(body))]) { Kind = RequestKind.Explain };
        return await lease!.PredictAsync(request, patience, callerGone).AsTask().WaitAsync(Models.Patience);
    }
}
