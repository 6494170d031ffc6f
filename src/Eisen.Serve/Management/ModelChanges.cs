using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Management;

/// <summary>
/// Registers, scales and unregisters models, as the management API asks. It only says what should be: the reconciler
/// makes it so.
/// </summary>
internal sealed class ModelChanges(ModelRegistry registry, ModelReconciler reconciler, ServerSettings settings, IHostApplicationLifetime lifetime)
{
    private const int MostWorkers = 1024;

    // What was asked for goes on when the client who asked has gone away.
    private CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary><c>POST /models</c>.</summary>
    public async Task RegisterAsync(HttpContext context)
    {
        RegistrationRequest asked = await RegistrationRequest.ReadAsync(context.Request);
        if (asked.Url is null)
            throw new BadHttpRequestException("Parameter url is required.");
        if (Refusal(asked) is { } refusal)
        {
            await refusal.WriteAsync(context);
            return;
        }

        int workers = Math.Clamp(asked.InitialWorkers ?? settings.DefaultWorkersPerModel, 0, MostWorkers);
        ModelConfig config = new()
        {
            Url = asked.Url,
            ArchivePath = Path.Combine(settings.ModelStore!, asked.Url),
            Name = string.IsNullOrEmpty(asked.ModelName) ? null : asked.ModelName,
            Workers = asked.InitialWorkers is null ? null : workers,
            BatchSize = Above(asked.BatchSize, 0),
            MaxBatchDelay = Above(asked.MaxBatchDelay, -1),
            ResponseTimeout = Above(asked.ResponseTimeout, 0),
            StartupTimeout = Above(asked.StartupTimeout, 0),
        };
        Task<LoadOutcome> loading = reconciler.LoadAsync(config, Stopping);
        if (asked.Synchronous == false)
        {
            await SayAsync(context, "Processing worker updates...", StatusCodes.Status202Accepted);
            return;
        }

        LoadOutcome outcome = await loading;
        ModelVersion? version = registry.Find(outcome.Name)?.Versions.FirstOrDefault(candidate => candidate.Version == outcome.Version);
        await (outcome switch
        {
            { IsReady: true } => SayAsync(context, Registered(outcome, version?.WorkerRange.Min ?? 0)),
            { Failure: LoadFailure.AlreadyLoaded } => Error(StatusCodes.Status409Conflict, "ConflictStatusException", $"Model version {outcome.Version} is already registered for model {outcome.Name}").WriteAsync(context),
            { Failure: LoadFailure.BadArchive } => Error(StatusCodes.Status400BadRequest, "InvalidModelException", outcome.Reason!).WriteAsync(context),
            _ => Error(StatusCodes.Status500InternalServerError, "InternalServerException", $"Failed to start workers for model {outcome.Name} version: {outcome.Version}: {outcome.Reason}").WriteAsync(context),
        });
    }

    /// <summary><c>PUT /models/{model}</c> and <c>PUT /models/{model}/{version}</c>.</summary>
    public async Task ScaleAsync(HttpContext context, string model, string? version)
    {
        version ??= context.Request.Query["model_version"].FirstOrDefault();
        if (await FindAsync(context, model, version) is not { } found)
            return;

        int min = RegistrationRequest.Number(context.Request.Query, "min_worker") ?? 1;
        int max = RegistrationRequest.Number(context.Request.Query, "max_worker") ?? Math.Max(min, 0);
        if (min is < 0 or > MostWorkers || max > MostWorkers)
            throw new BadHttpRequestException($"min_worker and max_worker must be from 0 to {MostWorkers}.");
        if (max < min)
            throw new BadHttpRequestException("max_worker cannot be less than min_worker.");

        Task<string?> scaling = reconciler.ScaleAsync(found, new WorkerRange(min, max), Stopping);
        if (RegistrationRequest.Flag(context.Request.Query, "synchronous") != true)
            await SayAsync(context, "Processing worker updates...", StatusCodes.Status202Accepted);
        else if (await scaling is { } reason)
            await Error(StatusCodes.Status500InternalServerError, "InternalServerException", $"Failed to start workers for model {model} version: {found.Version}: {reason}").WriteAsync(context);
        else
            await SayAsync(context, $"Workers scaled to {min} for model: {model}{(version is null ? "" : $", version: {version}")}");
    }

    /// <summary><c>PUT /models/{model}/{version}/set-default</c>.</summary>
    public async Task SetDefaultAsync(HttpContext context, string model, string version)
    {
        if (await FindAsync(context, model, version) is not { } found)
            return;
        if (registry.SetDefault(found))
            await SayAsync(context, $"Default version successfully updated for model \"{model}\" to \"{version}\"");
        else
            await Error(StatusCodes.Status404NotFound, "ModelVersionNotFoundException", $"Model version {version} does not exist for model {model}").WriteAsync(context);
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

    private TorchServeError? Refusal(RegistrationRequest asked)
    {
        string url = asked.Url!;
        if (url.Length == 0)
            return NotFound("empty url");
        if (url.Contains("..", StringComparison.Ordinal))
            return NotFound($"Relative path is not allowed in url: {url}");
        if (settings.ModelStore is null)
            return NotFound($"Model not found at: {url}; the server was started without a model store");
        if (new ModelStore(settings.ModelStore).WhyMissing(new ModelConfig { Url = url, ArchivePath = Path.Combine(settings.ModelStore, url) }) is not null)
            return NotFound($"Model not found at: {url}");
        if (!string.IsNullOrEmpty(asked.ModelName) && !ModelStore.IsModelName(asked.ModelName))
            return Error(StatusCodes.Status400BadRequest, "BadRequestException", $"'{asked.ModelName}' cannot be a model's name; letters, digits, '-', '_' and '.' can.");
        return null;
    }

    private async Task<ModelVersion?> FindAsync(HttpContext context, string model, string? version)
    {
        PredictionError missing = registry.Find(model, version, out ModelVersion? found);
        if (missing != PredictionError.None)
            await TorchServeErrors.For(missing, TorchServeErrors.Missing(missing, model, version)).WriteAsync(context);
        return found;
    }

    private static string Registered(LoadOutcome outcome, int workers) =>
        $"Model \"{outcome.Name}\" Version: {outcome.Version} registered with {workers} initial workers{(workers > 0 ? "" : ". Use scale workers API to add workers for the model.")}";

    private static int? Above(int? number, int bound) => number > bound ? number : null;

    private static TorchServeError NotFound(string message) => Error(StatusCodes.Status404NotFound, "ModelNotFoundException", message);

    private static TorchServeError Error(int status, string type, string message) => new(status, type, message);

    private static Task SayAsync(HttpContext context, string text, int status = StatusCodes.Status200OK) =>
        ServerJson.WriteAsync(context, new StatusMessage(text), ServerJson.Readable.StatusMessage, status);
}
