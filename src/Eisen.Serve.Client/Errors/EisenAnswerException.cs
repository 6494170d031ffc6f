namespace Eisen.Serve.Client;

/// <summary>The server answered with success, but the answer cannot be used: it is too large, or not in the form that Eisen's
/// models answer in.</summary>
public sealed class EisenAnswerException : EisenServingException
{
    internal EisenAnswerException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
