using System.Collections.Immutable;
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
public sealed class ModelReconciler(
    ITorchEngine engine, ModelRegistry registry, ModelDefaults defaults, string unpackFolder, TimeProvider time, ILogger<ModelReconciler> logger)
{
    // One load or unload at a time: an unload never finds a version half loaded, and loading several models at once would
    // only make each of them wait for the same disk and memory.
    private readonly SemaphoreSlim gate = new(1);
    private ImmutableList<LoadOutcome> outcomes = [];

    /// <summary>How each load so far has ended, in order.</summary>
    public IReadOnlyList<LoadOutcome> Outcomes => Volatile.Read(ref outcomes);

    /// <summary>Loads a model and returns when it is ready or has failed. Never throws for what an archive may hold.</summary>
    public async Task<LoadOutcome> LoadAsync(ModelConfig config, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            // Opening an archive and loading its module block for as long as the disk takes.
            LoadOutcome outcome = await Task.Run(() => LoadOnceAsync(config, cancellationToken), cancellationToken);
            ImmutableInterlocked.Update(ref outcomes, (list, item) => list.Add(item), outcome);
            return outcome;
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

    /// <summary>Unloads everything.</summary>
    /// <param name="patience">How long the requests under way may take.</param>
    public Task UnloadAllAsync(TimeSpan patience) =>
        Task.WhenAll(registry.Models.SelectMany(model => model.Versions).Select(version => UnloadAsync(version, patience)));

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
            return new LoadOutcome(config.Name ?? config.Url, null, refused.Message);
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
            await version.StartAsync(archive.CreateWorkers(engine, logger));
            version.Status.Advance(ModelState.Ready);
            string devices = string.Join(", ", version.Workers.Select(worker => worker.Device.ToString()).Distinct());
            EngineLog.Ready(logger, version.Name, version.Version, version.Workers.Count, devices, Stopwatch.GetElapsedTime(start).TotalSeconds);
            return new LoadOutcome(version.Name, version.Version, null);
        }
        catch (Exception failure)
        {
            // The version stays registered, so that its status can be asked for; what it held goes.
            string reason = $"{config.Url}: {InOneLine(failure)}";
            version.Status.Advance(ModelState.Failed, reason);
            EngineLog.LoadFailed(logger, failure, version.Name, version.Version, reason);
            await version.ReleaseAsync(version.Options.StartupTimeout);
            return new LoadOutcome(version.Name, version.Version, reason);
        }
    }

    /// <summary>What a user can act on: libtorch's errors continue with many lines of where it noticed.</summary>
    private static string InOneLine(Exception failure) =>
        // What an archive wrote reaches a terminal: nothing of it may move the cursor.
        string.Concat(LineOf(failure).Select(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' ? ' ' : letter));

    private static string LineOf(Exception failure)
    {
        if (failure is not (TorchException or HandlerConfigurationException or ModelLoadException or ArchiveException))
            return $"{failure.GetType().Name}: {failure.Message}";
        string[] lines = failure.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // A TorchScript traceback ends with what was raised; anything else begins with it.
        bool isTraceback = lines.Any(line => line.StartsWith("Traceback of TorchScript", StringComparison.Ordinal));
        return lines is [] ? failure.GetType().Name : isTraceback ? lines[^1] : lines[0];
    }
}
