using System.Runtime.CompilerServices;
using System.Text;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;
using Eisen.Serve.Hosting;
using Eisen.Serve.Metrics;

namespace Eisen.Serve.Inference;

/// <summary>The walk of a prediction from the endpoint to the engine, and back with its answer.</summary>
internal sealed partial class Predictions(
    ModelRegistry registry, RequestReader reader, Readiness readiness, PredictionMetrics metrics, ServerSettings settings, TimeProvider time, ILogger<Predictions> logger)
{
    private const string ModelName = "model_name";

    /// <summary>Asks a model what the request says.</summary>
    /// <param name="context">The request.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version, or null for the default one.</param>
    /// <param name="form">How the request came in.</param>
    /// <returns>The answer, to be disposed when it has been sent.</returns>
    /// <exception cref="BadHttpRequestException">The request itself is malformed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HandlerAnswer> AskAsync(HttpContext context, string model, string? version, PredictionForm form)
    {
        long start = time.GetTimestamp();
        if (Enter(model, version, out HandlerAnswer? refusal) is not { } lease)
            return refusal!;

        using (lease)
        {
            TimeSpan patience = RequestDeadline.Read(context.Request.Headers);
            HandlerRequest request;
            try
            {
                request = await reader.ReadAsync(context.Request, form);
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

            HandlerAnswer answer = Bounded(Worded(await lease.PredictAsync(request, patience, context.RequestAborted), model, version));
            if (answer.Error == PredictionError.BadInput && IsForm(context.Request))
                answer = HandlerAnswer.Failure(PredictionError.BadInput, $"{answer.Message}; the body came as a form, as its content type says: name another, or send it with curl's -T");
            metrics.Answered(lease.Version, version, request.Times, start, answer.Error == PredictionError.None);
            return Logged(answer, request, lease.Version);
        }
    }

    /// <summary>Asks the model that the request names in its query or its body, or the only one that was loaded at the start.</summary>
    /// <param name="context">The request.</param>
    /// <returns>The answer, to be disposed when it has been sent.</returns>
    /// <exception cref="BadHttpRequestException">The request names none and there is not a single one, or it is malformed.</exception>
    public async ValueTask<HandlerAnswer> AskNamedAsync(HttpContext context)
    {
        PredictionForm form = PredictionForm.SageMaker;
        if (context.Request.Query.TryGetValue(ModelName, out Microsoft.Extensions.Primitives.StringValues named))
            return await AskAsync(context, named[0] ?? "", null, form);

        long start = time.GetTimestamp();
        TimeSpan patience = RequestDeadline.Read(context.Request.Headers);
        HandlerRequest request;
        try
        {
            request = await reader.ReadAsync(context.Request, form);
        }
        catch (TooManyBytesException full)
        {
            return HandlerAnswer.Failure(PredictionError.TooManyBytes, full.Message);
        }

        RequestPart? part = request.Parts.FirstOrDefault(part => part.Name == ModelName);
        string? model = part is not null ? Encoding.UTF8.GetString(part.Content.Span) : OnlyStartupModel();
        HandlerAnswer? refusal = null;
        if (model is null || Enter(model, null, out refusal) is not { } lease)
        {
            request.Dispose();
            return refusal ?? throw new BadHttpRequestException("Parameter model_name is required.");
        }

        using (lease)
        {
            HandlerAnswer answer = Bounded(Worded(await lease.PredictAsync(request, patience, context.RequestAborted), model, null));
            metrics.Answered(lease.Version, null, request.Times, start, answer.Error == PredictionError.None);
            return Logged(answer, request, lease.Version);
        }
    }

    /// <summary>Asks a model's handler what it tells of itself.</summary>
    /// <param name="context">The request.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version, or null for the default one.</param>
    /// <returns>The answer, to be disposed when it has been sent.</returns>
    public async ValueTask<HandlerAnswer> DescribeAsync(HttpContext context, string model, string? version)
    {
        if (Enter(model, version, out HandlerAnswer? refusal) is not { } lease)
            return refusal!;
        HandlerRequest request = RequestReader.WithoutBody(context.Request, RequestKind.Describe);
        using (lease)
            return await lease.PredictAsync(request, TimeSpan.MaxValue, context.RequestAborted);
    }

    /// <summary>Announces a request before its body is read: a batch may wait for it, and the model stays until it has its
    /// answer.</summary>
    private ModelLease? Enter(string model, string? version, out HandlerAnswer? refusal)
    {
        PredictionError missing = registry.Find(model, version, out ModelVersion? found);
        ModelLease? lease = null;
        refusal = missing != PredictionError.None ? HandlerAnswer.Failure(missing, TorchServeErrors.Missing(missing, model, version))
            : readiness.IsStopping ? HandlerAnswer.Failure(PredictionError.NoWorker, "the server is stopping")
            : (lease = found!.TryEnter()) is null ? Worded(found.NoWorker(), model, version)
            : null;
        return lease;
    }

    // What curl's -d says of every body.
    private static bool IsForm(HttpRequest request) => request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;

    private string? OnlyStartupModel()
    {
        string[] names = [.. registry.Models.Where(model => model.Versions.Any(version => version.Config.LoadedAtStartup)).Select(model => model.Name)];
        return names is [string only] ? only : null;
    }

    private HandlerAnswer Bounded(HandlerAnswer answer)
    {
        if (answer.Content.Length <= settings.MaxResponseSize)
            return answer;
        using (answer)
            return HandlerAnswer.Failure(PredictionError.AnswerTooLarge, $"The answer has {answer.Content.Length} bytes, and max_response_size allows {settings.MaxResponseSize}.");
    }

    // What the engine says more exactly, the model's description tells; a client knows TorchServe's words.
    private static HandlerAnswer Worded(HandlerAnswer answer, string model, string? version) =>
        answer.Error is PredictionError.NoWorker or PredictionError.QueueFull
            ? HandlerAnswer.Failure(answer.Error, TorchServeErrors.NoWorker(model, version))
            : answer;

    // What the client reads as the server's own failure is to be found in the log by the request's id; where the model
    // failed, the engine has logged it.
    private HandlerAnswer Logged(HandlerAnswer answer, HandlerRequest request, ModelVersion version)
    {
        if (answer.Error is PredictionError.DeadlineExceeded or PredictionError.AnswerTooLarge or PredictionError.WorkerDied)
            NotAnswered(logger, request.Id, version.Name, version.Version, answer.Error.ToString(), answer.Message);
        return answer;
    }

    [LoggerMessage(3002, LogLevel.Warning, "Request {RequestId} to model {Model} {Version} has no answer: {Error}: {Reason}")]
    private static partial void NotAnswered(ILogger logger, string requestId, string model, string version, string error, string reason);
}
