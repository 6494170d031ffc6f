using System.Net;

namespace Eisen.Serve.Client;

/// <summary>A request's body in pieces, which are sent from where they lie. Knows its length, and whether it was begun to be
/// sent.</summary>
internal sealed class TrackedContent : HttpContent
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> pieces;
    private readonly long length;

    /// <param name="pieces">The body; none for an empty one.</param>
    /// <param name="mediaType">Its media type, or null for none.</param>
    public TrackedContent(IReadOnlyList<ReadOnlyMemory<byte>> pieces, string? mediaType = null)
    {
        this.pieces = pieces;
        length = pieces.Sum(piece => (long)piece.Length);
        // Told even when it is 0: an empty body is a question, too.
        Headers.ContentLength = length;
        if (mediaType is not null)
            Headers.TryAddWithoutValidation("Content-Type", mediaType);
    }

    /// <summary>Whether the connection stood and the server, if it was asked first, wanted the body.</summary>
    public bool WasAskedFor { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation)
    {
        WasAskedFor = true;
        foreach (ReadOnlyMemory<byte> piece in pieces)
            await stream.WriteAsync(piece, cancellation).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }
}
