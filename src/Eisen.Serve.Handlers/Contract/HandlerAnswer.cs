namespace Eisen.Serve.Handlers;

/// <summary>What a client gets: content, or the reason why there is none.</summary>
public sealed class HandlerAnswer
{
    private HandlerAnswer(ReadOnlyMemory<byte> content, string? contentType, PredictionError error, string message)
    {
        Content = content;
        ContentType = contentType;
        Error = error;
        Message = message;
    }

    /// <summary>The bytes to send; empty for a failure.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The media type of the content, or null to send none, as TorchServe's handlers do.</summary>
    public string? ContentType { get; }

    /// <summary>Why there is no content; <see cref="PredictionError.None"/> when there is.</summary>
    public PredictionError Error { get; }

    /// <summary>What was wrong, and what would be right. For <see cref="PredictionError.BadInput"/> the client reads
    /// it; otherwise it may tell of the model's inside and only goes to the log.</summary>
    public string Message { get; }

    /// <summary>An answer with content.</summary>
    public static HandlerAnswer Success(ReadOnlyMemory<byte> content, string? contentType = null) => new(content, contentType, PredictionError.None, "");

    /// <summary>An answer that says why there is no content.</summary>
    /// <exception cref="ArgumentException">The error is <see cref="PredictionError.None"/>.</exception>
    public static HandlerAnswer Failure(PredictionError error, string message)
    {
        if (error == PredictionError.None)
            throw new ArgumentException("A failure has an error.", nameof(error));
        return new HandlerAnswer(default, null, error, message);
    }
}
