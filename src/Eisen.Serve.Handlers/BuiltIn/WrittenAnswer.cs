using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Answers whose content is written into native memory, which goes with the answer.</summary>
internal static class WrittenAnswer
{
    private const int FirstCapacity = 1024;

    /// <summary>Writes an answer.</summary>
    /// <param name="content">What is written.</param>
    /// <param name="write">Writes it; what it throws comes through, and nothing stays of the memory.</param>
    /// <param name="contentType">The media type, or null to send none.</param>
    /// <param name="capacity">The bytes to begin with.</param>
    public static HandlerAnswer Make<T>(T content, Action<NativeBuffer, T> write, string? contentType = null, int capacity = FirstCapacity)
    {
        NativeBuffer output = new(capacity);
        try
        {
            write(output, content);
            return HandlerAnswer.Success(output.Written, contentType, output);
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }
}
