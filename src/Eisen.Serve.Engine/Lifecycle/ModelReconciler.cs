using System.Diagnostics;
using Eisen.Serve.Archive;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Engine;

/// <summary>
/// Makes what is loaded be what was asked for. It alone loads and unloads; whoever wants a model says so to it and reads
/// the result in the <see cref="ModelRegistry"/>.
/// </summary>
/// <param name="engine">What modules are loaded with.</param>
/// <param name="registry">Where versions are found.</param>
/// <param name="defaults">What holds where nothing else is said.</param>
/// <param name="unpackFolder">Where archives are unpacked; it belongs to this process alone.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets what happens to models.</param>
/// <param name="kinds">The kinds of workers beside the in-process one.</param>
public sealed class ModelReconciler(
    ITorchEngine engine, ModelRegistry registry, ModelDefaults defaults, string unpackFolder, TimeProvider time, ILogger<ModelReconciler> logger, IEnumerable<IWorkerKind> kinds)
{
    /// <summary>How long to wait before a model that failed is tried again; each time twice as long.</summary>
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(1);

    private const string Fetched = "its archive was fetched and is not kept; register it again";

    /// <summary>How long the workers of a version that failed may take to notice; those that hang are why it failed.</summary>
    private static readonly TimeSpan FailedPatience = TimeSpan.FromSeconds(1);

    private readonly DevicePlan devices = new(engine.Devices, defaults.GpuLimit);
    private readonly int processors = engine.Devices.Count(device => device.Type == TorchDeviceType.Cuda) is int gpus and > 0 ? Math.Min(gpus, defaults.GpuLimit ?? gpus) : Environment.ProcessorCount;
    private readonly CoreShares cores = new(defaults.IntraOpThreads);
    private readonly CancellationTokenSource closing = new();

    /// <summary>Loads a model and returns when it is ready or has failed. Never throws for what an archive may hold. A model
    /// that was asked for at the start and failed for what may pass is tried again in the background; one that was asked for
    /// later and that no handler can run is not registered.</summary>
    /// <param name="config">The model.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <param name="opened">Completed when the archive has been opened, a handler chosen and its version registered: what may still
    /// fail are its workers. Left alone when it does not come to that.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled, or everything is being unloaded.</exception>
    public async Task<LoadOutcome> LoadAsync(ModelConfig config, CancellationToken cancellationToken, TaskCompletionSource? opened = null)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing.Token);
        // Opening an archive and loading its module block for as long as the disk takes.
        (LoadOutcome outcome, ModelVersion? toTryAgain) = await Task.Run(() => LoadOnceAsync(config, either.Token, opened, config.LoadedAtStartup), either.Token);
        if (toTryAgain is not null)
            _ = RetryAsync(config, toTryAgain);
        return outcome;
    }

    /// <summary>Changes how many workers a version has, and returns when they are ready, or have ended. One that failed is tried
    /// again.</summary>
    /// <returns>Why it did not work, in one line; null when it did.</returns>
    public async Task<string?> ScaleAsync(ModelVersion version, WorkerRange range, CancellationToken cancellationToken)
    {
        if (version.Status.State == ModelState.Failed)
            return await StartAgainAsync(version, range, cancellationToken);
        try
        {
            await version.ScaleAsync(range, cancellationToken);
            registry.RaiseChanged();
            return null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            string reason = FailureText.InOneLine(failure);
            EngineLog.ScalingFailed(logger, failure, version.Name, version.Version);
            return reason;
        }
    }

    private async Task<string?> StartAgainAsync(ModelVersion failed, WorkerRange range, CancellationToken cancellationToken)
    {
        failed.GiveUp();
        if (range.Min == 0)
            return null;
        if (failed.MustBeRegisteredAgain)
            return Fetched;
        (LoadOutcome outcome, ModelVersion? again) = await Task.Run(() => LoadOnceAsync(failed.Config with { Workers = range.Min }, cancellationToken), cancellationToken);
        again?.GiveUp();
        return outcome.IsReady && range.Max > range.Min && registry.Find(outcome.Name, outcome.Version, out ModelVersion? ready) == PredictionError.None
            ? await ScaleAsync(ready!, range, cancellationToken)
            : outcome.Reason;
    }

    /// <summary>Unloads a version when its requests have been answered.</summary>
    /// <param name="version">A version that this reconciler loaded.</param>
    /// <param name="patience">How long its requests may take.</param>
    public Task UnloadAsync(ModelVersion version, TimeSpan patience)
    {
        registry.Remove(version);
        return version.UnloadAsync(patience);
    }

    /// <summary>Unloads everything, all at the same time, and loads nothing more.</summary>
    /// <param name="patience">How long the requests under way may take.</param>
    public Task UnloadAllAsync(TimeSpan patience)
    {
        closing.Cancel();
        return Task.WhenAll(registry.Models.SelectMany(model => model.Versions).Select(version => UnloadAsync(version, patience)));
    }

    /// <summary>Tries again, with ever longer pauses, until it works, somebody else takes the version's place, or
    /// maxRetryTimeoutInSec has passed.</summary>
    private async Task RetryAsync(ModelConfig config, ModelVersion failed)
    {
        TimeSpan left = TimeSpan.FromSeconds(failed.Options.MaxRetryTimeoutInSec);
        try
        {
            for (TimeSpan delay = FirstRetryDelay; delay <= left; left -= delay, delay *= 2)
            {
                // The pause begins before it is told of.
                Task pause = Task.Delay(delay, time, closing.Token);
                EngineLog.WillRetry(logger, failed.Name, failed.Version, delay.TotalSeconds);
                await pause;
                if (!failed.IsTriedAgain || registry.Find(failed.Name)?.Versions.Contains(failed) != true)
                {
                    EngineLog.RetriesNotNeeded(logger, failed.Name, failed.Version);
                    return;
                }

                (LoadOutcome outcome, ModelVersion? again) = await Task.Run(() => LoadOnceAsync(config, closing.Token), closing.Token);
                if (outcome.IsReady)
                    return;
                if (again is null)
                {
                    EngineLog.RetriesEnded(logger, null, failed.Name, failed.Version, outcome.Reason!);
                    return;
                }

                failed = again;
            }

            EngineLog.RetriesOver(logger, failed.Name, failed.Version, failed.Options.MaxRetryTimeoutInSec);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // Everything is being unloaded.
        }
        catch (Exception failure)
        {
            // What was tried may have taken its place.
            if (registry.Find(failed.Name, failed.Version, out ModelVersion? tried) == PredictionError.None)
                tried!.IsTriedAgain = false;
            EngineLog.RetriesEnded(logger, failure, failed.Name, failed.Version, FailureText.InOneLine(failure));
        }
        finally
        {
            failed.IsTriedAgain = false;
        }
    }

    /// <param name="config">The model.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <param name="opened">As for <see cref="LoadAsync"/>.</param>
    /// <param name="keepsRefused">Whether a version that can never run stays registered, so that its status can be asked for.</param>
    /// <returns>How it ended, and the version when it failed for what may pass.</returns>
    private async Task<(LoadOutcome Outcome, ModelVersion? ToTryAgain)> LoadOnceAsync(ModelConfig config, CancellationToken cancellationToken, TaskCompletionSource? opened = null, bool keepsRefused = true)
    {
        long start = Stopwatch.GetTimestamp();
        LoadedArchive archive;
        try
        {
            archive = LoadedArchive.Open(config, defaults, processors, unpackFolder, cancellationToken);
        }
        catch (ArchiveException refused)
        {
            EngineLog.ArchiveRefused(logger, config.Url, refused.Message);
            return (new LoadOutcome(config.Name ?? FailureText.InOneLine(config.Url), null, refused.Message, LoadFailure.BadArchive), null);
        }

        ModelVersion version = new(archive, time, logger);
        if (!registry.TryAdd(version))
        {
            archive.Dispose();
            string reason = $"version {version.Version} of model {version.Name} is loaded already";
            EngineLog.ArchiveRefused(logger, config.Url, reason);
            return (new LoadOutcome(version.Name, version.Version, reason, LoadFailure.AlreadyLoaded), null);
        }

        // Once, and not each time that it is tried again.
        foreach (string warning in version.IsTriedAgain ? [] : archive.Warnings)
            EngineLog.Doubtful(logger, version.Name, version.Version, warning);
        bool isPrepared = false;
        try
        {
            archive.Prepare(kinds, engine, devices, cores, time, logger, cancellationToken);
            isPrepared = true;
            // Who asked has an answer then, and looks for the rest in the model's description.
            keepsRefused |= opened?.TrySetResult() == true;
            await version.StartAsync(cancellationToken);
            if (!version.Status.Advance(ModelState.Ready))
                return (new LoadOutcome(version.Name, version.Version, "it was unregistered while it loaded", LoadFailure.NotStarted), null);
            version.IsTriedAgain = false;
            string places = string.Join(", ", version.Workers.Select(worker => worker.Device.ToString()).Distinct());
            EngineLog.Ready(logger, version.Name, version.Version, version.Workers.Count, places, Stopwatch.GetElapsedTime(start).TotalSeconds);
            registry.RaiseChanged();
            return (new LoadOutcome(version.Name, version.Version, null) { Warnings = archive.Warnings }, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await UnloadAsync(version, TimeSpan.Zero);
            throw;
        }
        catch (Exception failure) when (!keepsRefused && IsRefusal(failure) && !(isPrepared && archive.RunsElsewhere))
        {
            string reason = FailureText.InOneLine($"{config.Url}: {FailureText.FirstCause(failure)}");
            EngineLog.ArchiveRefused(logger, config.Url, FailureText.InOneLine(failure));
            await UnloadAsync(version, TimeSpan.Zero);
            return (new LoadOutcome(version.Name, version.Version, reason, LoadFailure.BadArchive), null);
        }
        catch (Exception failure)
        {
            // The version stays registered, so that its status can be asked for; what it held goes.
            bool mayPass = MayPass(failure, archive);
            string reason = FailureText.InOneLine($"{config.Url}: {FailureText.FirstCause(failure)}{(mayPass && config.IsFetched ? $" ({Fetched})" : "")}");
            version.Status.Advance(ModelState.Failed, reason);
            // What torch said has the source line of a module that raised; our own refusals are whole in the reason.
            EngineLog.LoadFailed(logger, FailureText.IsOurs(failure) ? null : failure, version.Name, version.Version, reason);
            version.IsTriedAgain = config.LoadedAtStartup && mayPass && !config.IsFetched;
            if (!config.LoadedAtStartup)
                version.GiveUp();
            await version.ReleaseAsync(FailedPatience);
            LoadOutcome outcome = new(version.Name, version.Version, reason, LoadFailure.NotStarted) { IsTriedAgain = version.IsTriedAgain && archive.RunsElsewhere, Warnings = archive.Warnings };
            return (outcome, version.IsTriedAgain ? version : null);
        }
    }

    // It will be refused again, until somebody mends the archive or asks for something else.
    private static bool IsRefusal(Exception failure) => failure is HandlerConfigurationException or ModelLoadException or ArchiveException;

    // An archive that says something wrong will say it again; memory and disks change, and so does what Python code looks for.
    // A worker that hangs keeps its core, so that another one beside it would make things worse; but a process was ended.
    private static bool MayPass(Exception failure, LoadedArchive archive) =>
        failure is TorchException or IOException or OutOfMemoryException or WorkerDiedException || (failure is TimeoutException && archive.RunsElsewhere);
}
