using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Tests.Errors;

public sealed class TorchServeErrorsTests
{
    public static TheoryData<PredictionError> Errors => [.. Enum.GetValues<PredictionError>().Where(error => error != PredictionError.None)];

    [Theory]
    [MemberData(nameof(Errors))]
    public void For_EveryPredictionError_HasAnAnswer(PredictionError error)
    {
        TorchServeError answer = TorchServeErrors.For(error, "the details", new AnswerStatus(418));

        answer.Code.ShouldBeInRange(400, 599);
        answer.Type.ShouldEndWith("Exception");
        answer.Message.ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(PredictionError.BadInput, 400, "BadRequestException", "the details")]
    [InlineData(PredictionError.ModelNotFound, 404, "ModelNotFoundException", "the details")]
    [InlineData(PredictionError.VersionNotFound, 404, "ModelVersionNotFoundException", "the details")]
    [InlineData(PredictionError.NoWorker, 503, "ServiceUnavailableException", "the details")]
    [InlineData(PredictionError.QueueFull, 503, "ServiceUnavailableException", "the details")]
    [InlineData(PredictionError.ModelFailed, 503, "InternalServerException", "Prediction failed")]
    [InlineData(PredictionError.WorkerDied, 500, "InternalServerException", "Worker died.")]
    [InlineData(PredictionError.HandlerRefused, 599, "InternalServerException", "the details")]
    [InlineData(PredictionError.OutOfMemory, 507, "InternalServerException", "Out of resources")]
    public void For_PredictionError_HidesOnlyTheModelsInside(PredictionError error, int code, string type, string message) =>
        TorchServeErrors.For(error, "the details", new AnswerStatus(599)).ShouldBe(new TorchServeError(code, type, message));

    [Theory]
    [InlineData("cpu", "Out of resources")]
    [InlineData("cuda:1", "Out of resources on cuda:1")]
    public void For_OutOfMemory_NamesTheGpu(string device, string message) =>
        TorchServeErrors.For(PredictionError.OutOfMemory, "the details", device: device).ShouldBe(new TorchServeError(507, "InternalServerException", message));

    [Theory]
    [InlineData(null, "Model \"m\" has no worker to serve inference request. Please use scale workers API to add workers. ")]
    [InlineData("1.0", "Model \"m\" Version 1.0\" has no worker to serve inference request. Please use scale workers API to add workers. ")]
    public void NoWorker_Always_IsTorchServesText(string? version, string beginning) =>
        TorchServeErrors.NoWorker("m", version).ShouldBe(beginning + "If this is a sequence inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize");

    [Fact]
    public void For_NoError_IsABug() => Should.Throw<ArgumentOutOfRangeException>(() => TorchServeErrors.For(PredictionError.None, ""));

    [Theory]
    [InlineData(404, "ResourceNotFoundException")]
    [InlineData(405, "MethodNotAllowedException")]
    [InlineData(400, "BadRequestException")]
    [InlineData(415, "BadRequestException")]
    [InlineData(500, "InternalServerException")]
    public void For_Status_KeepsIt(int status, string type)
    {
        TorchServeError answer = TorchServeErrors.For(status);

        answer.Code.ShouldBe(status);
        answer.Type.ShouldBe(type);
        answer.Message.ShouldNotBeNullOrEmpty();
    }
}
