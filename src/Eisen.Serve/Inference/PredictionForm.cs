using Eisen.Serve.Handlers;

namespace Eisen.Serve.Inference;

/// <summary>How a request came in, which decides what a handler sees beside its body. TorchServe's own forms differ in it.</summary>
/// <param name="Kind">What is asked for.</param>
/// <param name="Path">What follows the model and its version in the path, told as <c>url_path</c>; null where that is not told.</param>
/// <param name="TellsKind">Whether the field <c>explain</c> says what is asked for.</param>
/// <param name="TakesQuery">Whether the query's parameters are parts of the request.</param>
internal readonly record struct PredictionForm(RequestKind Kind, string? Path, bool TellsKind, bool TakesQuery)
{
    /// <summary><c>/predictions</c> and <c>/explanations</c>.</summary>
    public static PredictionForm Own(RequestKind kind, string path = "") => new(kind, path, TellsKind: true, TakesQuery: false);

    /// <summary>KServe's paths.</summary>
    public static PredictionForm KServe(RequestKind kind) => new(kind, null, TellsKind: true, TakesQuery: false);

    /// <summary>SageMaker's paths, and the oldest ones.</summary>
    public static PredictionForm SageMaker { get; } = new(RequestKind.Predict, null, TellsKind: false, TakesQuery: true);
}
