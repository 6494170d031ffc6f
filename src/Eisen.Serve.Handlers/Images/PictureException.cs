namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// Bytes that are not a picture that can be used: another format, truncated or broken data, or too many pixels. The
/// message is meant for whoever sent them: a clause without a full stop, so that it can stand in a longer sentence.
/// </summary>
/// <param name="message">What is wrong, in one line.</param>
public sealed class PictureException(string message) : Exception(message);
