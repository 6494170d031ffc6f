using System.Runtime.InteropServices;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Python;

/// <summary>Makes the processes of one model: its interpreter, its environment, and the fences around it.</summary>
/// <param name="settings">How Python workers are run.</param>
/// <param name="interpreter">The interpreter's path.</param>
/// <param name="folder">The archive's folder, in which processes begin.</param>
/// <param name="packages">The folder with the model's own packages; null when it has none.</param>
/// <param name="threads">How many threads an operator may use; null to leave it to torch.</param>
internal sealed class PythonCommand(PythonSettings settings, string interpreter, string folder, string? packages, int? threads) : IWorkerStarter
{
    // Of util-linux, which every Debian has: it changes the user before any code of the archive's interpreter runs.
    private const string UserChanger = "/usr/bin/setpriv";

    private static readonly string[] WorkerProgram = ["-u", Path.Combine(AppContext.BaseDirectory, "python", "eisen_worker")];

    /// <summary>The same command with another number of threads.</summary>
    public PythonCommand WithThreads(int count) => new(settings, interpreter, folder, packages, count);

    /// <inheritdoc/>
    public StartedWorker Start(SafeHandle connection, SafeHandle shared) => new(Start(WorkerProgram, connection, shared), HasLoaded: false);

    /// <summary>Starts the interpreter.</summary>
    /// <param name="arguments">What it is to run.</param>
    /// <param name="descriptors">What the process finds from descriptor 3 on.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    /// <exception cref="ModelLoadException">The user cannot be changed.</exception>
    public ChildProcess Start(IReadOnlyList<string> arguments, params IReadOnlyList<SafeHandle> descriptors)
    {
        string program = interpreter;
        if (settings.User is { } user && Environment.IsPrivilegedProcess)
        {
            if (!File.Exists(UserChanger))
                throw new ModelLoadException($"python_user needs {UserChanger} of util-linux");
            arguments = [$"--reuid={user.Id}", $"--regid={user.Group}", "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--", interpreter, .. arguments];
            program = UserChanger;
        }

        return ChildProcess.Start(new ProcessOrder(program, arguments, Variables(), folder, descriptors, settings.MemoryLimit, settings.CpuLimit));
    }

    private Dictionary<string, string> Variables()
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            (string name, string value) = ((string)variable.Key, (string?)variable.Value ?? "");
            if (settings.WithheldVariables.Contains(name))
                continue;
            // TorchServe matches the name with the value; who writes a name alone means it, too.
            if (settings.BlacklistedVariables is not { } unwanted || !(unwanted.IsMatch(name) || unwanted.IsMatch($"{name}={value}")))
                variables[name] = value;
        }

        variables[LeftProcesses.Mark] = settings.UnpackFolder;
        if (packages is not null)
            variables["PYTHONPATH"] = variables.TryGetValue("PYTHONPATH", out string? path) && path.Length > 0 ? $"{packages}:{path}" : packages;
        if (threads is { } count)
            variables["OMP_NUM_THREADS"] = count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return variables;
    }
}
