using Eisen.Serve.Archive;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Management;

/// <summary>
/// Registers, scales and unregisters models, as the management API asks. It only says what should be: the reconciler
/// makes it so.
/// </summary>
internal sealed class ModelChanges(
    ModelRegistry registry, ModelReconciler reconciler, ArchiveLocator archives, ServerSettings settings, IHostApplicationLifetime lifetime)
{
    // What was asked for goes on when the client who asked has gone away.
    private CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary><c>POST /models</c>.</summary>
    public async Task RegisterAsync(HttpContext context)
    {
        RegistrationRequest asked = await RegistrationRequest.ReadAsync(context.Request);
        if (asked.Url is null)
            throw new BadHttpRequestException("Parameter url is required.");
        if (asked.ModelName is { Length: > 0 } name && ModelNames.FaultIn(name) is { } fault)
            throw new BadHttpRequestException($"{fault}.");

        (LocatedArchive? archive, TorchServeError? refusal) = await archives.LocateAsync(asked.Url, Stopping);
        if (archive is null)
        {
            await refusal!.WriteAsync(context);
            return;
        }

        TaskCompletionSource? opened = asked.Synchronous == false ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        Task<LoadOutcome> loading = LoadAsync(asked, archive, opened);
        if (opened is not null && await Task.WhenAny(loading, opened.Task) != loading)
            await SayAsync(context, "Processing worker updates...", StatusCodes.Status202Accepted);
        else
            await TellAsync(context, await loading);
    }

    /// <summary><c>PUT /models/{model}</c> and <c>PUT /models/{model}/{version}</c>.</summary>
    public async Task ScaleAsync(HttpContext context, string model, string? version)
    {
        IQueryCollection query = context.Request.Query;
        version ??= query.Text("model_version");
        if (await FindAsync(context, model, version) is not { } found)
            return;

        int min = query.Number("min_worker") ?? 1;
        RequestParameters.Bound("min_worker", min, 0, ModelConfigFile.MostWorkers);
        int max = query.Number("max_worker") ?? min;
        RequestParameters.Bound("max_worker", max, 0, ModelConfigFile.MostWorkers);
        if (max < min)
            throw new BadHttpRequestException("max_worker cannot be less than min_worker.");
        if (min > 0 && found.MustBeRegisteredAgain)
        {
            await Error(StatusCodes.Status409Conflict, "ConflictStatusException", $"Model {found.Name} version {found.Version} failed to load, and its archive was fetched and is not kept: register it again with POST /models").WriteAsync(context);
            return;
        }

        Task<string?> scaling = reconciler.ScaleAsync(found, new WorkerRange(min, max), Stopping);
        if (query.Flag("synchronous") != true)
            await SayAsync(context, "Processing worker updates...", StatusCodes.Status202Accepted);
        else if (await scaling is not null)
            await NotStarted(found.Name, found.Version).WriteAsync(context);
        else
            await SayAsync(context, $"Workers scaled to {min} for model: {model}{(version is null ? "" : $", version: {version}")}");
    }

    /// <summary><c>PUT /models/{model}/{version}/set-default</c>.</summary>
    public async Task SetDefaultAsync(HttpContext context, string model, string version)
    {
        if (registry.Find(model) is null)
            await TorchServeErrors.For(PredictionError.ModelNotFound, TorchServeErrors.Missing(PredictionError.ModelNotFound, model, version)).WriteAsync(context);
        else if (registry.Find(model, version, out ModelVersion? found) == PredictionError.None && registry.SetDefault(found!))
            await SayAsync(context, $"Default version successfully updated for model \"{model}\" to \"{version}\"");
        else
            await TorchServeErrors.For(PredictionError.VersionNotFound, $"Model version {version} does not exist for model {model}").WriteAsync(context);
    }

    /// <summary><c>DELETE /models/{model}</c> and <c>DELETE /models/{model}/{version}</c>.</summary>
    public async Task UnregisterAsync(HttpContext context, string model, string? version)
    {
        if (await FindAsync(context, model, version) is not { } found)
            return;
        if (registry.Find(model) is { Versions.Length: > 1 } entry && entry.Default == found)
        {
            await Error(StatusCodes.Status403Forbidden, "InvalidModelVersionException", $"Cannot remove default version for model {model}").WriteAsync(context);
            return;
        }

        await reconciler.UnloadAsync(found, settings.UnregisterModelTimeout);
        await SayAsync(context, $"Model \"{model}\" unregistered");
    }

    // What was fetched is needed until it is opened; when opening fails, loading is over.
    private async Task<LoadOutcome> LoadAsync(RegistrationRequest asked, LocatedArchive archive, TaskCompletionSource? opened)
    {
        using (archive)
        {
            ModelConfig config = new()
            {
                Url = asked.Url!,
                ArchivePath = archive.Path,
                IsFetched = archive.IsFetched,
                Name = string.IsNullOrEmpty(asked.ModelName) ? null : asked.ModelName,
                Handler = string.IsNullOrEmpty(asked.Handler) ? null : asked.Handler,
                Workers = asked.InitialWorkers,
                BatchSize = asked.BatchSize,
                MaxBatchDelay = asked.MaxBatchDelay,
                ResponseTimeout = asked.ResponseTimeout,
                StartupTimeout = asked.StartupTimeout,
            };
            return await reconciler.LoadAsync(config, Stopping, opened);
        }
    }

    private Task TellAsync(HttpContext context, LoadOutcome outcome)
    {
        int workers = registry.Find(outcome.Name)?.Find(outcome.Version)?.WorkerRange.Min ?? 0;
        return outcome switch
        {
            { IsReady: true } => SayAsync(context, $"Model \"{outcome.Name}\" Version: {outcome.Version} registered with {workers} initial workers{(workers > 0 ? "" : ". Use scale workers API to add workers for the model.")}"),
            { Failure: LoadFailure.AlreadyLoaded } => Error(StatusCodes.Status409Conflict, "ConflictStatusException", $"Model version {outcome.Version} is already registered for model {outcome.Name}").WriteAsync(context),
            { Failure: LoadFailure.BadArchive } => Error(StatusCodes.Status400BadRequest, "InvalidModelException", outcome.Reason!).WriteAsync(context),
            _ => NotStarted(outcome.Name, outcome.Version).WriteAsync(context),
        };
    }

    private async Task<ModelVersion?> FindAsync(HttpContext context, string model, string? version)
    {
        PredictionError missing = registry.Find(model, version, out ModelVersion? found);
        if (missing != PredictionError.None)
            await TorchServeErrors.For(missing, TorchServeErrors.Missing(missing, model, version)).WriteAsync(context);
        return found;
    }

    // Why, the model's description and the log tell.
    private static TorchServeError NotStarted(string model, string? version) =>
        Error(StatusCodes.Status500InternalServerError, "InternalServerException", $"Failed to start workers for model {model} version: {version}");

    private static TorchServeError Error(int status, string type, string message) => new(status, type, message);

    private static Task SayAsync(HttpContext context, string text, int status = StatusCodes.Status200OK) =>
        ServerJson.WriteAsync(context, new StatusMessage(text), ServerJson.Readable.StatusMessage, status);
}
