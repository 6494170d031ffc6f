using System.Runtime.CompilerServices;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Eisen.Serve.Hosting;

namespace Eisen.Serve.Inference;

/// <summary>The walk of a prediction from the endpoint to the engine, and back with its answer.</summary>
internal sealed class Predictions(ModelRegistry registry, RequestReader reader, Readiness readiness, ServerSettings settings, TimeProvider time)
{
    /// <summary>Asks a model what the request says.</summary>
    /// <param name="context">The request.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version, or null for the default one.</param>
    /// <returns>The answer, to be disposed when it has been sent.</returns>
    /// <exception cref="BadHttpRequestException">The request itself is malformed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HandlerAnswer> AskAsync(HttpContext context, string model, string? version)
    {
        long start = time.GetTimestamp();
        PredictionError missing = registry.Find(model, version, out ModelVersion? found);
        if (missing != PredictionError.None)
            return HandlerAnswer.Failure(missing, TorchServeErrors.Missing(missing, model, version));

        if (readiness.IsStopping)
            return HandlerAnswer.Failure(PredictionError.NoWorker, "the server is stopping");

        TimeSpan patience = RequestDeadline.Read(context.Request.Headers);
        // Announced before its body is read: a batch may wait for it, and the model stays until it has its answer.
        using ModelLease? lease = found!.TryEnter();
        if (lease is null)
            return found.NoWorker();

        HandlerRequest request;
        try
        {
            request = await reader.ReadAsync(context.Request);
        }
        catch (TooManyBytesException full)
        {
            return HandlerAnswer.Failure(PredictionError.TooManyBytes, full.Message);
        }

        if (patience != TimeSpan.MaxValue && (patience -= time.GetElapsedTime(start)) <= TimeSpan.Zero)
        {
            request.Dispose();
            return HandlerAnswer.Failure(PredictionError.DeadlineExceeded, $"the body took longer to come than {RequestDeadline.Header} allows");
        }

        HandlerAnswer answer = await lease.PredictAsync(request, patience, context.RequestAborted);
        if (answer.Content.Length <= settings.MaxResponseSize)
            return answer;
        using (answer)
            return HandlerAnswer.Failure(PredictionError.AnswerTooLarge, $"The answer has {answer.Content.Length} bytes, and max_response_size allows {settings.MaxResponseSize}.");
    }
}
