using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>
/// A request's hold on the version that it runs on: while there is one, the version is not taken away. Taken before the
/// request is read, so that a batch can wait for it, and disposed when it has its answer.
/// </summary>
public sealed class ModelLease : IDisposable
{
    private ModelVersion? version;
    private bool isExpected;

    internal ModelLease(ModelVersion version, bool isExpected)
    {
        this.version = version;
        this.isExpected = isExpected;
    }

    /// <summary>The version that it holds.</summary>
    /// <exception cref="ObjectDisposedException">It holds none any more.</exception>
    public ModelVersion Version => version ?? throw new ObjectDisposedException(nameof(ModelLease));

    /// <summary>Asks the model. Never throws for what a client or a model may do: the answer says it.</summary>
    /// <param name="request">What the client sent. It is disposed when it is not needed any more.</param>
    /// <param name="patience">How long the client waits; the model's own timeout holds beside it.</param>
    /// <param name="callerGone">Cancelled when the client has gone away; its request then costs no forward.</param>
    /// <returns>The answer, to be awaited once and disposed when it has been sent.</returns>
    public ValueTask<HandlerAnswer> PredictAsync(HandlerRequest request, TimeSpan patience, CancellationToken callerGone)
    {
        bool wasExpected = isExpected;
        isExpected = false;
        return version!.PredictAsync(request, patience, wasExpected, callerGone);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        version?.Leave(isExpected);
        version = null;
    }
}
