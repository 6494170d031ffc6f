namespace Eisen.Serve.Handlers;

/// <summary>
/// A handler whose answers come part by part: each <c>yield return</c> is on its way to the client before the next one is made. Clients get chunks, or
/// server-sent events when they ask for <c>text/event-stream</c>.
/// </summary>
public abstract class StreamHandler : ModelHandler
{
    /// <summary>The media type of the parts.</summary>
    public virtual string ContentType => "text/plain; charset=utf-8";

    /// <summary>Makes the parts of one request's answer, on a worker's thread.</summary>
    /// <param name="request">The request.</param>
    /// <param name="module">The model, on the device of the worker that calls.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for the answer any more. While a client reads slowly, the next part is not asked for.</param>
    /// <returns>The parts, each of which is copied before the next one is asked for.</returns>
    /// <exception cref="BadInputException">The request holds nothing usable. Thrown before the first part, the client is told; later, the answer breaks
    /// off, as with every other exception.</exception>
    public abstract IEnumerable<ReadOnlyMemory<byte>> Answer(HandlerRequest request, IHandlerModule module, CancellationToken cancellationToken);
}
