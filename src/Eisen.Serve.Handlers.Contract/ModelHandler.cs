namespace Eisen.Serve.Handlers;

/// <summary>
/// What all handlers of your own have in common. Derive from one of the three kinds: <see cref="ArrayHandler"/>,
/// <see cref="StreamHandler"/> or <see cref="BatchHandler"/>.
/// </summary>
/// <remarks>
/// <para>A handler is made once for each version of a model that is loaded, by its one public constructor. The constructor's parameters come from the
/// handler's own service provider: <see cref="HandlerContext"/>, <c>ILogger</c>, <see cref="HandlerMetrics"/>, <see cref="TimeProvider"/>, and what a
/// <see cref="HandlerStartup"/> adds. The provider, and the handler where it is <see cref="IDisposable"/>, are disposed when the model is unloaded, after the
/// last request.</para>
/// <para>Its methods are called by workers' threads. With several workers they are called at the same time, so that what they share needs a lock or
/// never changes.</para>
/// <para>An exception fails the batch, whose requests are then tried one by one, so that one bad request fails alone. The client reads nothing of it; the log
/// has all. What the client should read is a <see cref="BadInputException"/>, or <see cref="HandlerAnswer.Refuse"/>.</para>
/// </remarks>
public abstract class ModelHandler
{
    // There are three kinds, and the server knows them all.
    private protected ModelHandler()
    {
    }
}
