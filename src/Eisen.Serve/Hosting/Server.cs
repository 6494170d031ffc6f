using System.Net.Sockets;
using Eisen.Serve.Access;
using Eisen.Serve.Background;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Listeners;
using Eisen.Serve.Logging;
using Eisen.Serve.Python;
using Eisen.Serve.Snapshots;
using Eisen.Serve.Torch;
using Microsoft.Extensions.Hosting.Systemd;

namespace Eisen.Serve.Hosting;

/// <summary>The server's life: listen, load, report, serve, and end without losing a request.</summary>
internal sealed class Server(ServerSettings settings, RunFolder folder, Action<StartReport> report)
{
    private static readonly TimeSpan UnloadPatience = TimeSpan.FromSeconds(5);

    // Says nothing where systemd did not start this.
    private readonly SystemdNotifier systemd = new();

    /// <summary>Runs until it is asked to stop.</summary>
    /// <param name="keepsTerminal">Whether log messages are shown in the terminal, too.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(bool keepsTerminal)
    {
        using FileStream? folderLock = folder.TryLock();
        if (folderLock is null)
            throw new UserMistakeException(AlreadyRunning(folder));

        LeftProcesses.End(folder.UnpackFolder);
        IReadOnlyList<string> left = folder.Sweep();
        // The workers are not who systemd should hear from.
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        ServerRecord record = ServerRecord.Of(settings);
        folder.WriteRecord(record);
        await using LogFiles logs = LogFiles.Open(settings, keepsTerminal);
        await using WebApplication app = WebHost.Build(settings, folder.UnpackFolder, logs);
        RequestsUnderWay underWay = app.Services.GetRequiredService<RequestsUnderWay>();
        app.Lifetime.ApplicationStopping.Register(() => systemd.Notify(ServiceState.Stopping));
        app.Lifetime.ApplicationStopping.Register(() => folder.WriteRecord(record = record with { UnderWayAtStop = underWay.Count }));

        int exitCode = await ServeAsync(app, [.. settings.Warnings, .. left]);
        folder.WriteRecord(record with { UnderWayAtStop = record.UnderWayAtStop ?? 0, Unanswered = underWay.Count + underWay.CutOff });
        LeftProcesses.End(folder.UnpackFolder);
        Warn(app.Services.GetRequiredService<ILogger<Server>>(), folder.Sweep());
        return exitCode;
    }

    /// <summary>What a second start says.</summary>
    public static string AlreadyRunning(RunFolder folder) =>
        folder.ReadRecord() is { } record
            ? $"Eisen.Serve is running already, process {record.Process.Id} on {record.InferenceAddress}; --stop ends it"
            : "Eisen.Serve is running already; --stop ends it";

    private async Task<int> ServeAsync(WebApplication app, IEnumerable<string> warnings)
    {
        ILogger<Server> logger = app.Services.GetRequiredService<ILogger<Server>>();
        Warn(logger, warnings);
        SayWhoMayAsk(app, logger);
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            string why = ListenerFault.Find(settings.Listeners.Select(listener => (settings.Said.GetValueOrDefault(listener.Key)?.In(listener.Key) ?? listener.Key, listener.Address))) ?? failure.Message.TrimEnd('.');
            return Fail(logger, $"{why}; choose another address in a --ts-config file", []);
        }

        ModelReconciler? reconciler = null;
        try
        {
            ITorchEngine engine = app.Services.GetRequiredService<ITorchEngine>();
            ServerLog.Engine(logger, engine.Name, engine.Version, string.Join(", ", engine.Devices));
            Warn(logger, engine.Warnings);
            reconciler = app.Services.GetRequiredService<ModelReconciler>();
            IReadOnlyList<LoadOutcome> outcomes = await app.Services.GetRequiredService<StartupModels>().LoadAsync(app.Lifetime.ApplicationStopping);
            if (WhyNotServe(outcomes) is { } reason)
                return Fail(logger, reason, outcomes);

            SnapshotWriter snapshots = app.Services.GetRequiredService<SnapshotWriter>();
            snapshots.Begin();
            app.Services.GetRequiredService<Readiness>().EndStart();
            Report(null, outcomes);
            systemd.Notify(ServiceState.Ready);
            ServerLog.Serving(logger, settings.InferenceAddress.ToString(), settings.ManagementAddress.ToString());
            await app.WaitForShutdownAsync();
            snapshots.End();
            return 0;
        }
        catch (TorchException failure)
        {
            return Fail(logger, failure.Message, []);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Whoever waits for the start reads the report; to whoever asked, it has stopped as it should.
            Fail(logger, "it was asked to stop while models were loading", []);
            return 0;
        }
        catch (Exception failure) when (failure is not UserMistakeException)
        {
            ServerLog.Broken(logger, failure);
            return Fail(logger, $"{failure.GetType().Name}: {PrintableText.Escaped(failure.Message)} This is a bug; the log has more", []);
        }
        finally
        {
            await app.StopAsync();
            if (reconciler is not null)
                await reconciler.UnloadAllAsync(UnloadPatience);
            ServerLog.Stopped(logger);
        }
    }

    private static void Warn(ILogger logger, IEnumerable<string> warnings)
    {
        foreach (string warning in warnings)
            ServerLog.Warning(logger, warning.EndsWith('?') ? warning : $"{warning.TrimEnd('.')}.");
    }

    private void SayWhoMayAsk(WebApplication app, ILogger logger)
    {
        AccessSettings access = settings.Access;
        if (app.Services.GetService<Tokens>() is not { } tokens)
            (access.IsOpenToOthers ? (Action<ILogger, string>)ServerLog.OpenToOthers : ServerLog.NeedsNoTokens)(logger, access.Reason);
        else if (tokens.KeyFile is { } keyFile)
            ServerLog.NeedsTokens(logger, access.Reason, keyFile);
        else
            ServerLog.NeedsOwnKeys(logger, access.Reason);
    }

    private string? WhyNotServe(IReadOnlyList<LoadOutcome> outcomes)
    {
        int failed = outcomes.Count(outcome => !outcome.IsReady);
        if (failed > 0 && failed == outcomes.Count && !outcomes.Any(outcome => outcome.IsTriedAgain))
            return "no model could be loaded";
        return failed > 0 && settings.Strict ? $"{failed} of {outcomes.Count} models could not be loaded, and --strict was given" : null;
    }

    private int Fail(ILogger logger, string reason, IReadOnlyList<LoadOutcome> outcomes)
    {
        ServerLog.NotServing(logger, reason);
        Report(reason, outcomes);
        return 1;
    }

    private void Report(string? failure, IReadOnlyList<LoadOutcome> outcomes)
    {
        ServerRecord its = ServerRecord.Of(settings);
        report(new StartReport
        {
            Failure = failure,
            ProcessId = its.Process.Id,
            InferenceAddress = its.InferenceAddress,
            ManagementAddress = its.ManagementAddress,
            MetricsAddress = its.MetricsAddress,
            TokenFile = its.TokenFile,
            Warnings = [.. settings.Warnings, .. outcomes.SelectMany(outcome => outcome.Warnings.Select(warning => $"{outcome.Name}: {warning}"))],
            ConfigFile = settings.ConfigFile is { } file ? Path.GetFullPath(file) : null,
            LogFile = its.LogFile,
            Models = [.. outcomes.Select(outcome => new StartReport.ModelLine(outcome.Name, outcome.Version, outcome.Reason, outcome.IsTriedAgain))],
        });
    }
}
