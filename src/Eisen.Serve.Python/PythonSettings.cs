using System.Text.RegularExpressions;

namespace Eisen.Serve.Python;

/// <summary>How Python workers are run; the names in brackets are those in config.properties.</summary>
public sealed record PythonSettings
{
    /// <summary>The interpreter, or the folder of a virtual environment (<c>python</c>); null for what <c>PYTHON</c> names in the
    /// environment, else for the one that the archive's runtime names.</summary>
    public string? Interpreter { get; init; }

    /// <summary>Whether archives may bring Python code (<c>allow_archive_code</c>).</summary>
    public bool AllowArchiveCode { get; init; } = true;

    /// <summary>Which of the server's environment variables workers do not get (<c>blacklist_env_vars</c>); null for none.</summary>
    public Regex? BlacklistedVariables { get; init; }

    /// <summary>The names of the server's own secrets in its environment, which workers never get.</summary>
    public IReadOnlyList<string> WithheldVariables { get; init; } = [];

    /// <summary>The user whom workers run as, when the server is root (<c>python_user</c>); null for the server's own.</summary>
    public PythonUser? User { get; init; }

    /// <summary>The most address space of a worker, in bytes (<c>python_memory_limit</c>); null for no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The most processor time of a worker in its life, in seconds (<c>python_cpu_limit</c>); null for no limit.</summary>
    public long? CpuLimit { get; init; }

    /// <summary>Whether an archive's requirements.txt is installed for it (<c>install_py_dep_per_model</c>).</summary>
    public bool InstallRequirements { get; init; }

    /// <summary>Whether the interpreter's own torchserve, where it has one, goes before our <c>ts</c> (<c>prefer_torchserve</c>).</summary>
    public bool PreferTorchServe { get; init; }

    /// <summary>Whether a model's workers are forked from one process that has loaded it, so that they share the weights' memory
    /// (<c>share_python_models</c>).</summary>
    public bool ShareModels { get; init; } = true;

    /// <summary>Whether Pillow refuses very large pictures (<c>limit_max_image_pixels</c>).</summary>
    public bool LimitImagePixels { get; init; } = true;

    /// <summary>The envelope of requests to handlers that name none (<c>service_envelope</c>); null for none.</summary>
    public string? Envelope { get; init; }

    /// <summary>A file that names the handlers' metrics, in TorchServe's form (<c>metrics_config</c>); null for none.</summary>
    public string? MetricsConfig { get; init; }

    /// <summary>The largest answer, in bytes (<c>max_response_size</c>).</summary>
    public long MaxResponseSize { get; init; } = 6_553_500;

    /// <summary>The folder that archives are unpacked into; what workers need on disk goes there, too.</summary>
    public required string UnpackFolder { get; init; }
}
