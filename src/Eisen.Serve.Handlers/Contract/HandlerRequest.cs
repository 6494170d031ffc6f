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
