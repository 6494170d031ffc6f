using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Eisen.Serve.Benchmarks.Processes;

/// <summary>
/// This program, started again in another role. It is spoken to in lines of JSON, and ends when its standard input does: with
/// this process, however that ends.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    public const string Load = "--as-load-generator";
    public const string BareHost = "--as-bare-host";
    public const string BareCompute = "--as-bare-compute";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string role;
    private readonly Process process;

    public ChildProcess(string role)
    {
        this.role = role;
        process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [role]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Says a line.</summary>
    public async Task TellAsync<T>(T value, JsonTypeInfo<T> type)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(value, type));
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for a line.</summary>
    /// <exception cref="ScenarioFailedException">The process has ended.</exception>
    public async Task<T> HearAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        string line = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new ScenarioFailedException($"the process {role} ended before it answered");
        return JsonSerializer.Deserialize(line, type)!;
    }

    public void Dispose()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone already.
        }

        if (!process.WaitForExit(Patience))
            process.Kill();
        process.Dispose();
    }
}
