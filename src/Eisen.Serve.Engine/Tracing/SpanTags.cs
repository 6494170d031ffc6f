using System.Diagnostics;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>What spans say of themselves. Nothing of what a client sent is among it, and no message, which may quote it.</summary>
internal static class SpanTags
{
    public const string BatchSize = "batch.size";

    private const string ErrorType = "error.type"; // OpenTelemetry's semantic conventions

    public static KeyValuePair<string, object?>[] Of(ModelVersion version) => [new("model.name", version.Name), new("model.version", version.Version)];

    /// <summary>Says why it failed, if it did.</summary>
    public static void SetError(Activity? span, PredictionError error)
    {
        if (span is null || error == PredictionError.None)
            return;
        span.SetTag(ErrorType, error.ToString());
        span.SetStatus(ActivityStatusCode.Error, error.ToString());
    }
}
