using System.Diagnostics;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Conformance;

/// <summary>
/// The real program, started as a group's TorchServe was: its configuration on free ports, its models from a copy of its
/// model store, its working folder. Ends with the object.
/// </summary>
internal sealed class ReplayServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly string Program =
        Path.Combine(Fixtures.RepositoryRoot, "artifacts", "bin", "Eisen.Serve", new DirectoryInfo(AppContext.BaseDirectory).Name, "Eisen.Serve");

    private readonly Dictionary<string, int> ports = new() { ["inference"] = FreePort.Next(), ["management"] = FreePort.Next(), ["metrics"] = FreePort.Next() };
    private readonly string folder = Directory.CreateTempSubdirectory("eisen-serve-conformance-").FullName;

    private ReplayServer()
    {
    }

    /// <summary>Where the server was started.</summary>
    public string WorkingFolder => Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;

    /// <summary>Starts a server for a group.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message has what it said.</exception>
    public static ReplayServer Start(string group, IReadOnlyList<RecordedCase> cases)
    {
        ReplayServer server = new();
        try
        {
            string store = server.CopyStore(group, cases[0].Models);
            string config = Path.Combine(server.folder, "config.properties");
            File.WriteAllText(config, server.Addressed(File.ReadAllText(Path.Combine(RecordedSet.Folder, cases[0].Config))) + Additions(group));
            string[] models = [.. cases[0].Models.Where(model => group == "X" || Exists(store, model))];
            (int exitCode, string output) = server.Run(["--start", "--model-store", store, "--ts-config", config, .. cases[0].Options, "--models", .. models]);
            return exitCode == 0 ? server : throw new InvalidOperationException($"The server for group {group} did not start:\n{output}");
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>A listener's port.</summary>
    public int Port(string listener) => ports[listener];

    public void Dispose()
    {
        Run(["--stop"]);
        Directory.Delete(folder, recursive: true);
    }

    private static bool Exists(string store, string model) => Path.Exists(Path.Combine(store, model[(model.IndexOf('=', StringComparison.Ordinal) + 1)..]));

    // The python on the PATH may be another one than the one that the tests' packages belong to. On the loopback interface tokens
    // have to be asked for here.
    private static string Additions(string group) => "\npython=/usr/bin/python3\n" + (group is "E" or "F" ? "disable_token_authorization=false\n" : "");

    private string Addressed(string config) => config
        .Replace(RecordedSet.Place, RecordedSet.Folder + "/", StringComparison.Ordinal)
        .Replace(":8080", $":{ports["inference"]}", StringComparison.Ordinal)
        .Replace(":8081", $":{ports["management"]}", StringComparison.Ordinal)
        .Replace(":8082", $":{ports["metrics"]}", StringComparison.Ordinal);

    // The recorded store stays as it is, and the one big archive that is missing there is ours.
    private string CopyStore(string group, IReadOnlyList<string> models)
    {
        string store = Path.Combine(folder, "store");
        Copy(Path.Combine(RecordedSet.Folder, group is "P" or "T" ? "model_store_p" : "model_store"), store);
        if (models.Contains("resnet18=resnet18.mar"))
            File.Copy(Fixtures.PathOf("resnet/resnet18.mar"), Path.Combine(store, "resnet18.mar"));
        // TorchServe had put these there itself, from the addresses that group P registers.
        if (group is "P")
            Array.ForEach(["webonly.mar", "query%20name.mar", "fileonly.mar"], fetched => File.Delete(Path.Combine(store, fetched)));
        return store;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string subfolder in Directory.EnumerateDirectories(from))
            Copy(subfolder, Path.Combine(to, Path.GetFileName(subfolder)));
    }

    private (int ExitCode, string Output) Run(string[] args)
    {
        ProcessStartInfo start = new(Program, args) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = WorkingFolder };
        start.Environment["EISEN_SERVE_RUN_DIR"] = Path.Combine(folder, "run");
        start.Environment["LOG_LOCATION"] = Path.Combine(folder, "logs");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'Eisen.Serve {string.Join(' ', args)}' did not end within {Patience.TotalSeconds} s.");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }
}
