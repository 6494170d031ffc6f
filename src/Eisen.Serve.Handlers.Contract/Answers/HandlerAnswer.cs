using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Eisen.Serve.Handlers;

/// <summary>
/// What a client gets: content, whole or part by part, or the reason why there is none. Whoever takes the answer disposes
/// it when the content has been sent.
/// </summary>
public sealed class HandlerAnswer : IDisposable
{
    private IDisposable? memory;

    private HandlerAnswer(PredictionError error, string message, AnswerStatus? status, string? contentType = null, IReadOnlyList<KeyValuePair<string, string>>? headers = null)
    {
        if (status is not null && !AnswerStatus.IsValid(status.Code))
            throw new ArgumentOutOfRangeException(nameof(status), status.Code, "An answer's status is 200 to 599.");
        Error = error;
        Message = message;
        Status = status;
        ContentType = contentType;
        Headers = headers ?? [];
    }

    /// <summary>The bytes to send; empty for a failure, and where they come as <see cref="Parts"/>.</summary>
    public ReadOnlyMemory<byte> Content { get; private init; }

    /// <summary>The content of an answer that comes piece by piece; null when it is whole.</summary>
    internal AnswerStream? Parts { get; private init; }

    /// <summary>The status that the handler wants the answer to have; null when it says nothing.</summary>
    public AnswerStatus? Status { get; }

    /// <summary>The media type of the content, or null to send none, as TorchServe's handlers do.</summary>
    public string? ContentType { get; }

    /// <summary>Header fields to send with the content.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Why there is no content; <see cref="PredictionError.None"/> when there is.</summary>
    public PredictionError Error { get; }

    /// <summary>What was wrong, and what would be right. For <see cref="PredictionError.BadInput"/> and
    /// <see cref="PredictionError.HandlerRefused"/> the client reads it; otherwise it may tell of the model's inside and only
    /// goes to the log.</summary>
    public string Message { get; }

    /// <summary>For <see cref="PredictionError.OutOfMemory"/>, the device whose memory did not suffice, as torch names it:
    /// <c>cuda:0</c>. Null where it is not known.</summary>
    public string? Device { get; private init; }

    /// <summary>An answer with content.</summary>
    /// <param name="content">The bytes to send.</param>
    /// <param name="contentType">Their media type, or null to send none.</param>
    /// <param name="memory">What the content lies in, disposed with the answer; null when it needs no disposal.</param>
    /// <param name="headers">Header fields to send with it.</param>
    /// <param name="status">The status to send; null for the usual one.</param>
    public static HandlerAnswer Success(
        ReadOnlyMemory<byte> content,
        string? contentType = null,
        IDisposable? memory = null,
        IReadOnlyList<KeyValuePair<string, string>>? headers = null,
        AnswerStatus? status = null) =>
        new(PredictionError.None, "", status, contentType, headers) { Content = content, memory = memory };

    /// <summary>An answer that is text.</summary>
    /// <param name="text">The text, sent as UTF-8.</param>
    /// <param name="contentType">Its media type.</param>
    public static HandlerAnswer Text(string text, string contentType = "text/plain; charset=utf-8") => Success(Encoding.UTF8.GetBytes(text), contentType);

    /// <summary>An answer that is JSON.</summary>
    /// <param name="write">Writes one JSON value.</param>
    public static HandlerAnswer Json(Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArrayBufferWriter<byte> content = new();
        using (Utf8JsonWriter json = new(content))
            write(json);
        return Success(content.WrittenMemory, "application/json");
    }

    /// <summary>An answer that refuses the request, with the handler's own status.</summary>
    /// <param name="status">The status to send, 400 to 599.</param>
    /// <param name="message">Why; the client reads it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is not 400 to 599.</exception>
    public static HandlerAnswer Refuse(int status, string message)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        return Failure(PredictionError.HandlerRefused, message, new AnswerStatus(status));
    }

    /// <summary>An answer whose content comes piece by piece.</summary>
    /// <param name="parts">The pieces; they have no reader any more when the answer is disposed.</param>
    /// <param name="contentType">Their media type, or null to send none.</param>
    /// <param name="headers">Header fields to send before them.</param>
    /// <param name="status">The status to send; null for the usual one.</param>
    internal static HandlerAnswer Streamed(
        AnswerStream parts, string? contentType = null, IReadOnlyList<KeyValuePair<string, string>>? headers = null, AnswerStatus? status = null) =>
        new(PredictionError.None, "", status, contentType, headers) { Parts = parts };

    /// <summary>An answer that says why there is no content.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="message">The details.</param>
    /// <param name="status">For <see cref="PredictionError.HandlerRefused"/>, the status that the handler chose.</param>
    /// <param name="device">For <see cref="PredictionError.OutOfMemory"/>, the device whose memory did not suffice.</param>
    /// <exception cref="ArgumentException">The error is <see cref="PredictionError.None"/>, or has no status that it needs.</exception>
    public static HandlerAnswer Failure(PredictionError error, string message, AnswerStatus? status = null, string? device = null)
    {
        if (error == PredictionError.None)
            throw new ArgumentException("A failure has an error.", nameof(error));
        if (error == PredictionError.HandlerRefused && status is null)
            throw new ArgumentException("What a handler refuses has the handler's status.", nameof(status));
        return new HandlerAnswer(error, message, status) { Device = device };
    }

    /// <summary>Lets go of answers that nobody will get.</summary>
    internal static void DisposeAll(IEnumerable<HandlerAnswer?> answers)
    {
        foreach (HandlerAnswer? answer in answers)
            answer?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parts?.Leave();
        Interlocked.Exchange(ref memory, null)?.Dispose();
    }
}
