namespace Eisen.Serve.Client;

/// <summary>A model was asked, and there is no usable answer. The derived types say why.</summary>
public abstract class EisenServingException : Exception
{
    private protected EisenServingException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    /// <summary>
    /// Whether asking again may help and cannot run the model a second time for the same call: nothing had been sent, or the
    /// server refused the request before any worker saw it. The client has tried as often as it may already.
    /// </summary>
    public bool IsRetryable { get; private protected init; }
}
