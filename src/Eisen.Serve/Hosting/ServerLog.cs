namespace Eisen.Serve.Hosting;

/// <summary>The server's log messages. An event id never changes its meaning.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(4001, LogLevel.Information, "Torch engine: {Engine} {Version}; devices: {Devices}.")]
    public static partial void Engine(ILogger logger, string engine, string version, string devices);

    [LoggerMessage(4002, LogLevel.Information, "Serving on {Inference} (inference) and {Management} (management).")]
    public static partial void Serving(ILogger logger, string inference, string management);

    [LoggerMessage(4003, LogLevel.Information, "Stopped.")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(4004, LogLevel.Error, "Not serving: {Reason}.")]
    public static partial void NotServing(ILogger logger, string reason);

    [LoggerMessage(4005, LogLevel.Warning, "{Warning}")]
    public static partial void Warning(ILogger logger, string warning);

    [LoggerMessage(4006, LogLevel.Critical, "The server is broken.")]
    public static partial void Broken(ILogger logger, Exception failure);

    [LoggerMessage(4007, LogLevel.Error, "A model cannot be loaded: {Reason}")]
    public static partial void ModelMissing(ILogger logger, string reason);

    [LoggerMessage(4008, LogLevel.Information, "Requests need a token, as {Reason}; generated ones stand in {KeyFile}.")]
    public static partial void NeedsTokens(ILogger logger, string reason, string keyFile);

    [LoggerMessage(4009, LogLevel.Information, "Requests need a token, as {Reason}; only your own keys are good.")]
    public static partial void NeedsOwnKeys(ILogger logger, string reason);

    [LoggerMessage(4010, LogLevel.Information, "Requests need no token, as {Reason}.")]
    public static partial void NeedsNoTokens(ILogger logger, string reason);

    [LoggerMessage(4011, LogLevel.Warning, "Everybody who reaches a listener may ask, as {Reason}.")]
    public static partial void OpenToOthers(ILogger logger, string reason);
}
