namespace Eisen.Serve.Handlers;

/// <summary>
/// What a client gets: content, or the reason why there is none. Whoever takes the answer disposes it when the content
/// has been sent.
/// </summary>
public sealed class HandlerAnswer : IDisposable
{
    private IDisposable? memory;

    private HandlerAnswer(ReadOnlyMemory<byte> content, string? contentType, PredictionError error, string message, IDisposable? memory, IReadOnlyList<KeyValuePair<string, string>>? headers)
    {
        Content = content;
        ContentType = contentType;
        Headers = headers ?? [];
        Error = error;
        Message = message;
        this.memory = memory;
    }

    /// <summary>The bytes to send; empty for a failure.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The media type of the content, or null to send none, as TorchServe's handlers do.</summary>
    public string? ContentType { get; }

    /// <summary>Header fields to send with the content.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Why there is no content; <see cref="PredictionError.None"/> when there is.</summary>
    public PredictionError Error { get; }

    /// <summary>What was wrong, and what would be right. For <see cref="PredictionError.BadInput"/> the client reads
    /// it; otherwise it may tell of the model's inside and only goes to the log.</summary>
    public string Message { get; }

    /// <summary>An answer with content.</summary>
    /// <param name="content">The bytes to send.</param>
    /// <param name="contentType">Their media type, or null to send none.</param>
    /// <param name="memory">What the content lies in, disposed with the answer; null when it needs no disposal.</param>
    /// <param name="headers">Header fields to send with it.</param>
    public static HandlerAnswer Success(
        ReadOnlyMemory<byte> content, string? contentType = null, IDisposable? memory = null, IReadOnlyList<KeyValuePair<string, string>>? headers = null) =>
        new(content, contentType, PredictionError.None, "", memory, headers);

    /// <summary>An answer that says why there is no content.</summary>
    /// <exception cref="ArgumentException">The error is <see cref="PredictionError.None"/>.</exception>
    public static HandlerAnswer Failure(PredictionError error, string message)
    {
        if (error == PredictionError.None)
            throw new ArgumentException("A failure has an error.", nameof(error));
        return new HandlerAnswer(default, null, error, message, null, null);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref memory, null)?.Dispose();
}
