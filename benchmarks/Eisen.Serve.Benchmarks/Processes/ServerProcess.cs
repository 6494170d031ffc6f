using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Eisen.Serve.Benchmarks.Processes;

/// <summary>
/// The real server, as a user starts it, with ports, run folder and logs of its own. It ends when this is disposed.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);
    private static readonly HttpClient Http = new() { Timeout = StartPatience };

    private readonly string folder = Directory.CreateTempSubdirectory("eisen-serve-benchmark-").FullName;
    private readonly StringBuilder output = new();
    private readonly Process process;

    private readonly int metricsPort = FreePort();

    private ServerProcess(string modelStore, string[] models, bool measures)
    {
        Port = FreePort();
        int managementPort = FreePort();
        string configuration = Path.Combine(folder, "config.properties");
        File.WriteAllLines(
            configuration,
            [
                $"inference_address=http://127.0.0.1:{Port}",
                $"management_address=http://127.0.0.1:{managementPort}",
                .. measures ? (string[])[$"metrics_address=http://127.0.0.1:{metricsPort}", "metrics_mode=prometheus"] : ["enable_metrics_api=false"],
                $"max_request_size={BenchmarkFolders.MaxRequestSize}",
                $"max_response_size={BenchmarkFolders.MaxRequestSize}",
            ]);

        string[] arguments = ["--foreground", "--strict", "--ts-config", configuration, "--model-store", modelStore];
        if (models.Length > 0)
            arguments = [.. arguments, "--models", .. models];
        ProcessStartInfo start = new(Path.Combine(BenchmarkFolders.Product, "Eisen.Serve"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment["EISEN_SERVE_RUN_DIR"] = Path.Combine(folder, "run");
        start.Environment["LOG_LOCATION"] = Path.Combine(folder, "logs");
        Launched = Stopwatch.GetTimestamp();
        process = Process.Start(start)!;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The inference port.</summary>
    public int Port { get; }

    /// <summary>When it was started, as <see cref="Stopwatch.GetTimestamp"/> counts.</summary>
    public long Launched { get; }

    /// <summary>Its resident memory in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            string line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
        }
    }

    /// <summary>Starts it, and returns at once.</summary>
    /// <param name="modelStore">The folder with the archives.</param>
    /// <param name="models">What to load, for example <c>digits.mar</c> or <c>name=file.mar</c>.</param>
    public static ServerProcess Launch(string modelStore, params string[] models) => new(modelStore, models, measures: false);

    /// <summary>Starts it with archives of the benchmarks, and returns when they are ready.</summary>
    /// <exception cref="ScenarioFailedException">It did not start.</exception>
    public static Task<ServerProcess> StartAsync(CancellationToken cancellationToken, params string[] models) =>
        ReadyAsync(Launch(BenchmarkFolders.Models, models), cancellationToken);

    /// <summary>The same with a listener for its metrics.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static Task<ServerProcess> StartMeasuringAsync(CancellationToken cancellationToken, params string[] models) =>
        ReadyAsync(new ServerProcess(BenchmarkFolders.Models, models, measures: true), cancellationToken);

    private static async Task<ServerProcess> ReadyAsync(ServerProcess server, CancellationToken cancellationToken)
    {
        try
        {
            await server.WaitUntilAsync(server.HasReportedAsync, TimeSpan.FromMilliseconds(50), cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks again and again until it is so.</summary>
    /// <exception cref="ScenarioFailedException">The server ended, or it took more than a minute.</exception>
    public async Task WaitUntilAsync(Func<Task<bool>> condition, TimeSpan pause, CancellationToken cancellationToken)
    {
        while (!await condition())
        {
            if (process.HasExited)
                throw new ScenarioFailedException($"the server ended with code {process.ExitCode}: {LastOutput()}");
            if (Stopwatch.GetElapsedTime(Launched) > StartPatience)
                throw new ScenarioFailedException($"the server was not ready within {StartPatience.TotalSeconds} s: {LastOutput()}");
            await Task.Delay(pause, cancellationToken);
        }
    }

    /// <summary>Posts a body, and gives the answer if it is 200, null while there is none.</summary>
    public async Task<byte[]?> TryPostAsync(string path, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await Http.PostAsync($"http://127.0.0.1:{Port}{path}", new ByteArrayContent(body), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? await answer.Content.ReadAsByteArrayAsync(cancellationToken) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>The sum of what a histogram has counted, in its own unit, under all its labels.</summary>
    /// <param name="name">The histogram's name, such as <c>eisen_decode_duration_seconds</c>.</param>
    public async Task<double> SumAsync(string name, CancellationToken cancellationToken)
    {
        string text = await Http.GetStringAsync($"http://127.0.0.1:{metricsPort}/metrics?name[]={name}", cancellationToken);
        return text.Split('\n')
            .Where(line => line.StartsWith(name + "_sum{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Posix.Terminate(process.Id);
            using CancellationTokenSource patience = new(StopPatience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // What it prints when every model is ready; /ping is healthy earlier, while it knows only some of its models.
    private Task<bool> HasReportedAsync()
    {
        lock (output)
            return Task.FromResult(output.ToString().Contains(" is serving, process ", StringComparison.Ordinal));
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output)
            output.AppendLine(line.Data);
    }

    private string LastOutput()
    {
        lock (output)
            return string.Join(" | ", output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(5));
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
