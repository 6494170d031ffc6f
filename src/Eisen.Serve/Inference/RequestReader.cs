using Eisen.Serve.Handlers;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Eisen.Serve.Inference;

/// <summary>
/// Reads a request into the parts that a handler sees: a raw body as one part called <c>body</c>, a multipart body as
/// its own parts. Kestrel bounds the whole (<c>max_request_size</c>).
/// </summary>
internal static class RequestReader
{
    private const int MaxParts = 1000;
    private const int MaxBoundaryLength = 70; // RFC 2046, 5.1.1

    // Memory is taken as bytes come, not as a header promises them.
    private const int FirstCapacity = 1 << 16;

    /// <exception cref="BadHttpRequestException">The body is too large, ends early, or is not the multipart body that
    /// its content type says.</exception>
    public static async Task<HandlerRequest> ReadAsync(HttpRequest request)
    {
        CancellationToken aborted = request.HttpContext.RequestAborted;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return new HandlerRequest([new RequestPart("body", request.ContentType, await ReadAllAsync(request.Body, request.ContentLength, aborted))]);

        try
        {
            return new HandlerRequest(await ReadPartsAsync(request.Body, Boundary(type), aborted));
        }
        catch (Exception mistake) when (mistake is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new BadHttpRequestException($"The multipart body is malformed: {mistake.Message}", mistake);
        }
    }

    private static string Boundary(MediaTypeHeaderValue type)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > MaxBoundaryLength)
            throw new BadHttpRequestException($"A multipart body's content type needs a boundary of 1 to {MaxBoundaryLength} characters.");
        return boundary;
    }

    private static async Task<List<RequestPart>> ReadPartsAsync(Stream body, string boundary, CancellationToken aborted)
    {
        MultipartReader reader = new(boundary, body);
        List<RequestPart> parts = [];
        while (await reader.ReadNextSectionAsync(aborted) is { } section)
        {
            if (parts.Count == MaxParts)
                throw new BadHttpRequestException($"A multipart body has at most {MaxParts} parts.");
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) is not { Length: > 0 } name)
                throw new BadHttpRequestException("A part of the multipart body has no name: it needs Content-Disposition: form-data; name=\"...\".");
            parts.Add(new RequestPart(name.ToString(), section.ContentType, await ReadAllAsync(section.Body, null, aborted)));
        }

        return parts;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Stream body, long? length, CancellationToken aborted)
    {
        using MemoryStream buffer = new((int)Math.Min(length ?? 0, FirstCapacity));
        await body.CopyToAsync(buffer, aborted);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}
