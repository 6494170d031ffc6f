using System.Diagnostics;
using Eisen.Serve.Archive;
using Eisen.Serve.Data;
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
public sealed class ModelReconciler(
    ITorchEngine engine, ModelRegistry registry, ModelDefaults defaults, string unpackFolder, TimeProvider time, ILogger<ModelReconciler> logger)
{
    private const int MaxReasonLength = 2000;

    /// <summary>How long the workers of a version that failed may take to notice; those that hang are why it failed.</summary>
    private static readonly TimeSpan FailedPatience = TimeSpan.FromSeconds(1);

    // One load or unload at a time: an unload never finds a version half loaded, and loading several models at once would
    // only make each of them wait for the same disk and memory.
    private readonly SemaphoreSlim gate = new(1);

    /// <summary>Loads a model and returns when it is ready or has failed. Never throws for what an archive may hold.</summary>
    public async Task<LoadOutcome> LoadAsync(ModelConfig config, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            // Opening an archive and loading its module block for as long as the disk takes.
            return await Task.Run(() => LoadOnceAsync(config, cancellationToken), cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Unloads a version when its requests have been answered.</summary>
    /// <param name="version">A version that this reconciler loaded.</param>
    /// <param name="patience">How long its requests may take.</param>
    public async Task UnloadAsync(ModelVersion version, TimeSpan patience)
    {
        await gate.WaitAsync();
        try
        {
            registry.Remove(version);
            await version.UnloadAsync(patience);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Unloads everything, all at the same time.</summary>
    /// <param name="patience">How long the requests under way may take.</param>
    public async Task UnloadAllAsync(TimeSpan patience)
    {
        await gate.WaitAsync();
        try
        {
            ModelVersion[] versions = [.. registry.Models.SelectMany(model => model.Versions)];
            foreach (ModelVersion version in versions)
                registry.Remove(version);
            await Task.WhenAll(versions.Select(version => version.UnloadAsync(patience)));
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<LoadOutcome> LoadOnceAsync(ModelConfig config, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        LoadedArchive archive;
        try
        {
            archive = LoadedArchive.Open(config, defaults, unpackFolder, cancellationToken);
        }
        catch (ArchiveException refused)
        {
            EngineLog.ArchiveRefused(logger, config.Url, refused.Message);
            return new LoadOutcome(config.Name ?? InOneLine(config.Url), null, refused.Message);
        }

        ModelVersion version = new(archive, time, logger);
        if (!registry.TryAdd(version))
        {
            archive.Dispose();
            string reason = $"version {version.Version} of model {version.Name} is loaded already";
            EngineLog.ArchiveRefused(logger, config.Url, reason);
            return new LoadOutcome(version.Name, version.Version, reason);
        }

        try
        {
            await version.StartAsync(archive.CreateWorkers(engine, logger), cancellationToken);
            version.Status.Advance(ModelState.Ready);
            string devices = string.Join(", ", version.Workers.Select(worker => worker.Device.ToString()).Distinct());
            EngineLog.Ready(logger, version.Name, version.Version, version.Workers.Count, devices, Stopwatch.GetElapsedTime(start).TotalSeconds);
            return new LoadOutcome(version.Name, version.Version, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            registry.Remove(version);
            await version.UnloadAsync(TimeSpan.Zero);
            throw;
        }
        catch (Exception failure)
        {
            // The version stays registered, so that its status can be asked for; what it held goes.
            string reason = InOneLine($"{config.Url}: {FirstCause(failure)}");
            version.Status.Advance(ModelState.Failed, reason);
            // What torch said has the source line of a module that raised; our own refusals are whole in the reason.
            EngineLog.LoadFailed(logger, failure is HandlerConfigurationException or ModelLoadException or ArchiveException ? null : failure, version.Name, version.Version, reason);
            await version.ReleaseAsync(FailedPatience);
            return new LoadOutcome(version.Name, version.Version, reason);
        }
    }

    // What an archive wrote reaches a terminal: nothing of it may break the line or move the cursor.
    private static string InOneLine(string text) => PrintableText.Shortened(text.ReplaceLineEndings(" "), MaxReasonLength);

    /// <summary>What a user can act on: libtorch's errors continue with many lines of where it noticed.</summary>
    private static string FirstCause(Exception failure)
    {
        if (failure is not (TorchException or HandlerConfigurationException or ModelLoadException or ArchiveException))
            return $"{failure.GetType().Name}: {failure.Message}";
        string[] lines = failure.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // A TorchScript traceback ends with what was raised; anything else begins with it.
        bool isTraceback = lines.Any(line => line.StartsWith("Traceback of TorchScript", StringComparison.Ordinal));
        return lines is [] ? failure.GetType().Name : isTraceback ? lines[^1] : lines[0];
    }
}
