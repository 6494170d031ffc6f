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

    /// <summary>Whom the answer goes to; the engine sets it.</summary>
    internal IAnswerReceiver? Receiver { get; set; }

    /// <summary>When it was where; the engine writes it.</summary>
    internal ref RequestTimes Times => ref times;

    /// <summary>The parts in the order in which they came.</summary>
    public IReadOnlyList<RequestPart> Parts => parts;

    /// <summary>The request's header fields.</summary>
    public RequestHeaders Headers => headers ?? RequestHeaders.None;

    /// <summary>
    /// The part that handlers with a single input read: <c>data</c>, else <c>body</c>, as TorchServe's handlers do;
    /// else the only part there is. Null when there is none of these.
    /// </summary>
    public RequestPart? Payload => Find("data") ?? Find("body") ?? (Parts.Count == 1 ? Parts[0] : null);

    /// <summary>As <see cref="Payload"/>, for handlers that need it.</summary>
    /// <exception cref="BadInputException">There is none; the client is told.</exception>
    public RequestPart RequiredPayload =>
        Payload ?? throw new BadInputException(Parts.Count == 0 ? "the request has no parts" : "the request has several parts, and none of them is called 'data' or 'body'");

    /// <summary>Cancelled when nobody waits for the answer any more: the client has gone away, or its time is over.</summary>
    public CancellationToken Abandoned => Receiver?.Abandoned ?? CancellationToken.None;

    /// <summary>What the handler made of the request already; it goes with the request. Setting it disposes what was
    /// there before.</summary>
    public IDisposable? Decoded
    {
        get => decoded;
        set => Interlocked.Exchange(ref decoded, value)?.Dispose();
    }

    /// <summary>Begins to answer while the handler is still busy. The handler writes parts, and what it returns for this
    /// request in the end is the last one.</summary>
    /// <remarks>To be called once a request. A request whose answer has begun is not tried again when its batch fails.</remarks>
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
