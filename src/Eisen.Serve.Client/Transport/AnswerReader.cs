using Eisen.Serve.Data;

namespace Eisen.Serve.Client;

/// <summary>Reads an answer into native memory, and no more of it than is allowed.</summary>
internal static class AnswerReader
{
    // For an answer whose length is not told; memory is then taken as bytes come.
    private const int FirstCapacity = 1 << 16;

    /// <summary>Reads an answer to its end.</summary>
    /// <param name="content">The answer.</param>
    /// <param name="mostBytes">How long it may be, at most 2 GiB.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The answer, to be disposed.</returns>
    /// <exception cref="EisenAnswerException">It is longer.</exception>
    /// <exception cref="IOException">It ended early.</exception>
    public static async Task<NativeBuffer> ReadAsync(HttpContent content, long mostBytes, CancellationToken cancellation)
    {
        long? told = content.Headers.ContentLength;
        if (told > mostBytes)
            throw TooLong($"has {told} bytes", mostBytes);

        NativeBuffer buffer = new((int)(told ?? Math.Min(FirstCapacity, mostBytes)));
        try
        {
            using Stream body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            // A buffer of the told length that is full is not asked for more room: it would move to twice as much memory.
            while (buffer.Length != told)
            {
                Memory<byte> room = buffer.GetMemory(1);
                int count = await body.ReadAsync(room[..(int)Math.Min(room.Length, mostBytes - buffer.Length + 1)], cancellation).ConfigureAwait(false);
                if (count == 0 && told is null)
                    return buffer;
                if (count == 0)
                    throw new EndOfStreamException($"The answer ended after {buffer.Length} of {told} bytes.");
                buffer.Advance(count);
                if (buffer.Length > mostBytes)
                    throw TooLong("has more bytes", mostBytes);
            }

            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static EisenAnswerException TooLong(string length, long mostBytes) =>
        new($"The answer {length}; at most {mostBytes} are read ({nameof(EisenServingClientOptions.MaxAnswerBytes)}).");
}
