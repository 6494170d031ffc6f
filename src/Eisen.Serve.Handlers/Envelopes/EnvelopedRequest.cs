namespace Eisen.Serve.Handlers.Envelopes;

/// <summary>A request taken out of its envelope.</summary>
/// <param name="Instances">What the handler is asked, one by one.</param>
/// <param name="Id">The id that the client gave it; null for none.</param>
/// <param name="Names">The names of the inputs, where the protocol has them.</param>
internal sealed record EnvelopedRequest(IReadOnlyList<HandlerRequest> Instances, string? Id = null, IReadOnlyList<string>? Names = null);
