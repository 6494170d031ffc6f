using System.Net;
using System.Text.Json;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;

namespace Eisen.Serve.Background;

/// <summary><c>status</c>: tells what is running.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks the server that runs from a folder.</summary>
    /// <returns>The exit code: 0 when it runs, also when it is not healthy.</returns>
    public static async Task<int> RunAsync(RunFolder? folder, TextWriter output, CancellationToken cancellationToken)
    {
        if (!RunningServer.TryFind(folder, out ServerRecord? record))
        {
            output.WriteLine($"{RunningServer.NotRunning}.");
            return 1;
        }

        output.WriteLine($"Eisen.Serve is running, process {record.Process.Id}: {await HealthAsync(record, cancellationToken)}");
        foreach (string line in AddressLines.Of(record.InferenceAddress, record.ManagementAddress, record.MetricsAddress, record.TokenFile))
            output.WriteLine(line);
        await foreach (string model in ModelsAsync(record, cancellationToken))
            output.WriteLine($"  model       {model}");
        output.WriteLine($"  log         {record.LogFile}");
        return 0;
    }

    private static async Task<string> HealthAsync(ServerRecord record, CancellationToken cancellationToken)
    {
        if (record.UnderWayAtStop is not null)
            return "Stopping";
        try
        {
            return (await RunningServer.PingAsync(RunningServer.Address(record.InferenceAddress), Patience, cancellationToken)).Word;
        }
        catch (NoAnswerException failure)
        {
            return $"Unhealthy, it {failure.Message}";
        }
    }

    private static async IAsyncEnumerable<string> ModelsAsync(ServerRecord record, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using ServerQuestion management = new(RunningServer.Address(record.ManagementAddress), Patience, Token(record));
        string? nextPage = "0";
        while (nextPage is not null)
        {
            using JsonDocument? page = await AskAsync(management, $"/models?next_page_token={Uri.EscapeDataString(nextPage)}", cancellationToken);
            if (page is null)
            {
                yield return $"not told: the management listener does not answer, or needs a token ({AccessKeysReader.ManagementVariable})";
                yield break;
            }

            foreach (JsonElement model in page.RootElement.GetProperty("models").EnumerateArray())
            {
                // One that has been unregistered meanwhile is left out.
                using JsonDocument? versions = await AskAsync(management, $"/models/{Uri.EscapeDataString(model.GetProperty("modelName").GetString()!)}/all", cancellationToken);
                foreach (JsonElement version in versions?.RootElement.EnumerateArray() ?? default)
                    yield return Describe(version);
            }

            nextPage = page.RootElement.TryGetProperty("nextPageToken", out JsonElement next) ? next.GetString() : null;
        }
    }

    private static async Task<JsonDocument?> AskAsync(ServerQuestion management, string path, CancellationToken cancellationToken)
    {
        try
        {
            (HttpStatusCode status, string body) = await management.AskAsync(path, cancellationToken);
            return status == HttpStatusCode.OK ? JsonDocument.Parse(body) : null;
        }
        catch (Exception failure) when (failure is NoAnswerException or JsonException)
        {
            return null;
        }
    }

    private static string Describe(JsonElement version)
    {
        int ready = version.GetProperty("workers").EnumerateArray().Count(worker => worker.GetProperty("status").GetString() == "READY");
        string state = version.GetProperty("status").GetString()!;
        string reason = version.TryGetProperty("reason", out JsonElement why) && why.GetString() is { } text ? $": {PrintableText.Escaped(text)}" : "";
        return $"{version.GetProperty("modelName").GetString()} {version.GetProperty("modelVersion").GetString()}: {state}{reason}, {ready} of {version.GetProperty("minWorkers").GetInt32()} workers ready";
    }

    // The operator's own, which does not expire; else the one that this server has made.
    private static string? Token(ServerRecord record)
    {
        if (Environment.GetEnvironmentVariable(AccessKeysReader.ManagementVariable) is { Length: > 0 } own)
            return own;
        if (record.TokenFile is null)
            return null;
        try
        {
            using JsonDocument keys = JsonDocument.Parse(File.ReadAllBytes(record.TokenFile));
            return keys.RootElement.GetProperty("management").GetProperty("key").GetString();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // It has been taken away; the answer will be that a token is missing.
            return null;
        }
    }
}
