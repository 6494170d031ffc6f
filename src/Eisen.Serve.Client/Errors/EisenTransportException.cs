namespace Eisen.Serve.Client;

/// <summary>
/// No answer came, or not the whole of it: the server cannot be reached, the connection broke, or it took longer than
/// <see cref="EisenServingClientOptions.Timeout"/>. Unless <see cref="EisenServingException.IsRetryable"/>, the model may have run.
/// </summary>
public sealed class EisenTransportException : EisenServingException
{
    internal EisenTransportException(string message, Exception cause, bool isRetryable = false)
        : base(message, cause) => IsRetryable = isRetryable;
}
