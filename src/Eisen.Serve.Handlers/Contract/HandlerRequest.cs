namespace Eisen.Serve.Handlers;

/// <summary>
/// What a client sent, as a handler sees it. The engine disposes it when the request has its answer, or needs none any
/// more: the memory that the parts lie in goes then.
/// </summary>
/// <param name="parts">The parts in the order in which they came.</param>
/// <param name="headers">The request's header fields; none when left out.</param>
/// <param name="memory">What the parts lie in; null when they need no disposal.</param>
public sealed class HandlerRequest(IReadOnlyList<RequestPart> parts, RequestHeaders? headers = null, IDisposable? memory = null) : IDisposable
{
    private IDisposable? memory = memory;
    private IDisposable? decoded;
    private RequestTimes times;

    /// <summary>What is asked of the handler.</summary>
    public RequestKind Kind { get; init; }

    /// <summary>The request's id, as the client and the log read it; empty when it has none.</summary>
    public string Id { get; init; } = "";

    /// <summary>What follows the model and its version in the request's path, empty when nothing does; null where the way that the
    /// request came has no such place.</summary>
    public string? Path { get; init; }

    /// <summary>Where an answer goes that begins before the batch is done; the engine sets it.</summary>
    public IAnswerReceiver? Receiver { get; set; }

    /// <summary>When it was where; the engine writes it.</summary>
    public ref RequestTimes Times => ref times;

    /// <summary>The parts in the order in which they came.</summary>
    public IReadOnlyList<RequestPart> Parts => parts;

    /// <summary>The request's header fields.</summary>
    public RequestHeaders Headers => headers ?? RequestHeaders.None;

    /// <summary>
    /// The part that handlers with a single input read: <c>data</c>, else <c>body</c>, as TorchServe's handlers do;
    /// else the only part there is. Null when there is none of these.
    /// </summary>
    public RequestPart? Payload => Find("data") ?? Find("body") ?? (Parts.Count == 1 ? Parts[0] : null);

    /// <summary>What the handler made of the request already; it goes with the request. Setting it disposes what was
    /// there before.</summary>
    public IDisposable? Decoded
    {
        get => decoded;
        set => Interlocked.Exchange(ref decoded, value)?.Dispose();
    }

    /// <summary>Begins to answer while the handler is still busy. The handler writes parts, and what it returns for this
    /// request in the end is the last one.</summary>
    /// <param name="contentType">The parts' media type, or null to send none.</param>
    /// <param name="headers">Header fields to send before them.</param>
    /// <param name="status">The status to send; null for the usual one.</param>
    public AnswerStream BeginAnswer(string? contentType = null, IReadOnlyList<KeyValuePair<string, string>>? headers = null, AnswerStatus? status = null)
    {
        AnswerStream parts = new();
        HandlerAnswer answer = HandlerAnswer.Streamed(parts, contentType, headers, status);
        if (Receiver is { } receiver)
            receiver.Begin(answer);
        else
            answer.Dispose();
        return parts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Decoded = null;
        Interlocked.Exchange(ref memory, null)?.Dispose();
    }

    private RequestPart? Find(string name)
    {
        for (int i = 0; i < Parts.Count; i++)
        {
            if (Parts[i].Name == name)
                return Parts[i];
        }

        return null;
    }
}
