namespace Eisen.Serve.Configuration;

/// <summary>Where logs are written, as the environment says; TorchServe's own variables.</summary>
internal static class LogFolders
{
    /// <summary>The full path of the folder for logs: <c>LOG_LOCATION</c>, or <c>logs</c>.</summary>
    public static string Log => Path.GetFullPath(Named("LOG_LOCATION") ?? "logs");

    /// <summary>The full path of the folder for metrics logs: <c>METRICS_LOCATION</c>, or that for logs.</summary>
    public static string Metrics => Named("METRICS_LOCATION") is { } folder ? Path.GetFullPath(folder) : Log;

    private static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } folder ? folder : null;
}
