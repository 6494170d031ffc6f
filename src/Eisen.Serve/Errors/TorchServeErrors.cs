using Eisen.Serve.Handlers;

namespace Eisen.Serve.Errors;

/// <summary>The table from what went wrong to what TorchServe answers then: a status, an exception's name, a text.</summary>
internal static class TorchServeErrors
{
    /// <summary>The answer for a prediction that failed.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="message">The details. A client reads them where they are about its request or the server's state,
    /// not where they tell of a model's inside.</param>
    /// <param name="status">The status that the handler chose, where it did.</param>
    /// <param name="device">The device whose memory did not suffice, where it is known.</param>
    public static TorchServeError For(PredictionError error, string message, AnswerStatus? status = null, string? device = null) => error switch
    {
        PredictionError.BadInput => new(StatusCodes.Status400BadRequest, "BadRequestException", message),
        PredictionError.ModelNotFound => new(StatusCodes.Status404NotFound, "ModelNotFoundException", message),
        PredictionError.VersionNotFound => new(StatusCodes.Status404NotFound, "ModelVersionNotFoundException", message),
        PredictionError.NoWorker or PredictionError.QueueFull or PredictionError.TooManyBytes => new(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailableException", message),
        PredictionError.DeadlineExceeded or PredictionError.AnswerTooLarge => new(StatusCodes.Status500InternalServerError, "InternalServerException", message),
        PredictionError.OutOfMemory => new(StatusCodes.Status507InsufficientStorage, "InternalServerException", device is null or "cpu" ? "Out of resources" : $"Out of resources on {device}"),
        // A client that has gone away reads no answer; the status is for the log.
        PredictionError.ClientGone => new(StatusCodes.Status499ClientClosedRequest, "ClientClosedRequestException", message),
        PredictionError.ModelFailed => new(StatusCodes.Status503ServiceUnavailable, "InternalServerException", "Prediction failed"),
        PredictionError.WorkerDied => new(StatusCodes.Status500InternalServerError, "InternalServerException", "Worker died."),
        PredictionError.HandlerRefused => new(status!.Code, "InternalServerException", message),
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "No answer is defined for this error. This is a bug."),
    };

    /// <summary>The answer for a status that ASP.NET decided on by itself.</summary>
    public static TorchServeError For(int status, string? message = null) => status switch
    {
        StatusCodes.Status404NotFound => new(status, "ResourceNotFoundException", "Requested resource is not found, please refer to API document."),
        StatusCodes.Status405MethodNotAllowed => new(status, "MethodNotAllowedException", "Requested method is not allowed, please refer to API document."),
        < 500 => new(status, "BadRequestException", message ?? "The request is malformed."),
        _ => new(status, "InternalServerException", message ?? "The server failed; its log has the details under the request id."),
    };

    /// <summary>The text for a model, or a version of it, that is not there.</summary>
    /// <param name="error">Which of the two.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that was asked for; null for the default one.</param>
    public static string Missing(PredictionError error, string model, string? version) =>
        error == PredictionError.ModelNotFound ? $"Model not found: {model}" : $"Model version: {version} does not exist for model: {model}";

    /// <summary>The text for a model that has no worker to answer, or whose queue is full.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that was asked for; null for the default one.</param>
    public static string NoWorker(string model, string? version) =>
        // The quotation mark behind the version is TorchServe's own.
        $"Model \"{model}\"{(version is null ? "" : $" Version {version}\"")} has no worker to serve inference request. Please use scale workers API to add workers. "
        + "If this is a sequence inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize";
}
