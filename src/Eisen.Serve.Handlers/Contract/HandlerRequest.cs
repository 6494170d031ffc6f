namespace Eisen.Serve.Handlers;

/// <summary>What a client sent, as a handler sees it.</summary>
/// <param name="Parts">The parts in the order in which they came.</param>
public sealed record HandlerRequest(IReadOnlyList<RequestPart> Parts)
{
    /// <summary>
    /// The part that handlers with a single input read: <c>data</c>, else <c>body</c>, as TorchServe's handlers do;
    /// else the only part there is. Null when there is none of these.
    /// </summary>
    public RequestPart? Payload => Find("data") ?? Find("body") ?? (Parts.Count == 1 ? Parts[0] : null);

    private RequestPart? Find(string name)
    {
        foreach (RequestPart part in Parts)
        {
            if (part.Name == name)
                return part;
        }

        return null;
    }
}
