using Eisen.Serve.Archive;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Errors;
using Eisen.Serve.Hosting;
using Eisen.Serve.Management;

namespace Eisen.Serve.Snapshots;

/// <summary>Loads what the server starts with: the models of a snapshot as they were, and then those that were named and are
/// not among them.</summary>
internal sealed class StartupModels(ServerSettings settings, ModelReconciler reconciler, ArchiveLocator archives, ILogger<StartupModels> logger)
{
    private readonly List<LoadOutcome> outcomes = [];

    /// <summary>Loads them, one after the other.</summary>
    /// <returns>How each ended.</returns>
    public async Task<IReadOnlyList<LoadOutcome>> LoadAsync(CancellationToken stopping)
    {
        IReadOnlyList<ModelRecord> restored = settings.Snapshot ?? [];
        // A model's first version is its default one.
        foreach (ModelRecord record in restored.OrderByDescending(record => record.IsDefault))
            await RestoreAsync(record, stopping);
        if (settings.ModelStore is null)
            return outcomes;

        ModelStore store = new(settings.ModelStore);
        foreach (ModelConfig config in store.Resolve(settings.LoadModels).Where(config => !restored.Any(record => record.MarName == config.Url && (config.Name is null || config.Name == record.Name))))
        {
            if (store.WhyMissing(config) is { } reason)
                Missing(config.Name ?? config.Url, null, reason);
            else
                outcomes.Add(await reconciler.LoadAsync(config, stopping));
        }

        return outcomes;
    }

    private async Task RestoreAsync(ModelRecord record, CancellationToken stopping)
    {
        if (ModelNames.FaultIn(record.Name) is { } fault)
        {
            Missing(record.Name, record.Version, fault);
            return;
        }

        (LocatedArchive? archive, TorchServeError? refusal) = await archives.LocateAsync(record.MarName ?? "", stopping);
        if (archive is null)
        {
            Missing(record.Name, record.Version, $"{record.Name} {record.Version} of the snapshot: {refusal!.Message}");
            return;
        }

        using (archive)
        {
            outcomes.Add(await reconciler.LoadAsync(
                new ModelConfig
                {
                    Url = record.MarName!,
                    ArchivePath = archive.Path,
                    IsFetched = archive.IsFetched,
                    Name = record.Name,
                    Handler = record.Handler,
                    Workers = record.Parameters.MinWorkers,
                    MaxWorkers = record.Parameters.MaxWorkers,
                    BatchSize = record.Parameters.BatchSize,
                    MaxBatchDelay = record.Parameters.MaxBatchDelay,
                    ResponseTimeout = record.Parameters.ResponseTimeout,
                    StartupTimeout = record.Parameters.StartupTimeout,
                    LoadedAtStartup = true,
                },
                stopping));
        }
    }

    private void Missing(string model, string? version, string reason)
    {
        ServerLog.ModelMissing(logger, reason);
        outcomes.Add(new LoadOutcome(PrintableText.Shortened(model), version, PrintableText.Escaped(reason)));
    }
}
