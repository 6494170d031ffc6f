namespace Eisen.Serve.Handlers.Nifti;

/// <summary>
/// Bytes that are not a NIfTI file that can be used. The message is meant for whoever sent them: a clause without a full
/// stop, so that it can stand in a longer sentence.
/// </summary>
/// <param name="message">What is wrong, in one line.</param>
internal sealed class NiftiException(string message) : Exception(message);
