using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What became of a request before the model: its fields, or why there are none.</summary>
/// <param name="fields">The fields, which go with this; null for a request that gets no answer of the model.</param>
/// <param name="form">The form that the request has.</param>
/// <param name="mistake">What is wrong with the request; null when nothing is.</param>
internal sealed class PreparedRequest(FieldDictionary? fields, FieldForm form, string? mistake) : IDisposable
{
    /// <summary>The form that the request has.</summary>
    public FieldForm Form => form;

    /// <summary>What is wrong with the request; null when nothing is.</summary>
    public string? Mistake { get; private set; } = mistake;

    /// <summary>The fields that pre-processing left, or has still to see.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public FieldDictionary Fields => fields ?? throw new InvalidOperationException("The request has no fields. This is a bug.");

    /// <summary>The model's inputs in its order, once pre-processing is done; null before.</summary>
    public NDArray[]? Inputs { get; set; }

    /// <summary>Notes that the request cannot be answered.</summary>
    public void Fail(string reason) => Mistake = reason;

    /// <inheritdoc/>
    public void Dispose() => fields?.Dispose();
}
