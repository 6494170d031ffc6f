using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Python;

/// <summary>Finds the Python that a model runs in.</summary>
internal static class PythonInterpreter
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The path of the interpreter: the archive's own wish (<c>python</c> in model-config.yaml, below the archive's folder
    /// when it is relative), else the setting, else <c>PYTHON</c> in the environment, else what the runtime names.</summary>
    /// <exception cref="ModelLoadException">There is no such interpreter.</exception>
    public static string Find(ModelArchive archive, string? setting)
    {
        string runtime = archive.Manifest.Runtime;
        if (runtime is not ("python" or "python3"))
            throw new ModelLoadException($"the manifest's runtime is '{PrintableText.Shortened(runtime, 40)}'; it can be python or python3");

        if (archive.Config?.All["python"] is { } wish)
        {
            if (wish.GetValueKind() != System.Text.Json.JsonValueKind.String)
                throw new ModelLoadException("python in the archive's configuration is no text; it names an interpreter or the folder of a virtual environment");
            string path = wish.GetValue<string>();
            return Resolve(Path.IsPathRooted(path) || !path.Contains('/') ? path : Path.Combine(archive.Folder, path), "python in the archive's configuration");
        }

        if (setting is not null)
            return Resolve(setting, "the setting python");
        if (Environment.GetEnvironmentVariable("PYTHON") is { Length: > 0 } variable)
            return Resolve(variable, "the environment variable PYTHON");
        // Where python is missing, it is called python3.
        return OnPath(runtime) ?? OnPath("python3") ?? throw new ModelLoadException($"there is no {runtime} on the path; install it, or name one with python in config.properties");
    }

    private static string Resolve(string text, string source)
    {
        string? found = !text.Contains('/') ? OnPath(text)
            : Directory.Exists(text) ? Executable(Path.GetFullPath(Path.Combine(text, "bin", "python")))
            : Executable(Path.GetFullPath(text));
        return found ?? throw new ModelLoadException($"{source} is '{PrintableText.Shortened(text, 200)}', which is neither an interpreter nor the folder of a virtual environment");
    }

    private static string? OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Executable(Path.Combine(folder, name)))
        .FirstOrDefault(found => found is not null);

    // The path as it is named: a virtual environment's interpreter is a link, and knows its packages by it.
    private static string? Executable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != 0 ? path : null;
}
