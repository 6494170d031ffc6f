using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

internal static partial class HandlerLog
{
    [LoggerMessage(2001, LogLevel.Warning, "Model {Model}: handler.{Parameter} is ignored; the handler's parameters are {Known}.")]
    public static partial void UnknownParameter(ILogger logger, string model, string parameter, string known);

    [LoggerMessage(2002, LogLevel.Information, "Model {Model}: the archive has no index_to_name.json; answers name classes by their number.")]
    public static partial void NoClassNames(ILogger logger, string model);
}
