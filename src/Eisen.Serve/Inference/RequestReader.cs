using System.Buffers;
using System.IO.Pipelines;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Eisen.Serve.Inference;

/// <summary>
/// Reads a request into the parts that a handler sees: a raw body as one part called <c>body</c>, a multipart body as
/// its own parts. Bodies go from the connection into native memory, once. Kestrel bounds each (<c>max_request_size</c>),
/// and the bytes in flight bound all of them (<c>max_inflight_bytes</c>).
/// </summary>
internal sealed class RequestReader(ServerSettings settings, InflightBytes inflight)
{
    private const int MaxParts = 1000;
    private const int MaxBoundaryLength = 70; // RFC 2046, 5.1.1

    // For a body whose length is not told; memory is then taken as bytes come.
    private const int FirstCapacity = 1 << 16;

    /// <summary>Reads a request; dispose the result, unless somebody takes it over.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, ends early, or is not the multipart body that
    /// its content type says.</exception>
    /// <exception cref="TooManyBytesException">The requests under way leave no room for it.</exception>
    public async ValueTask<HandlerRequest> ReadAsync(HttpRequest request)
    {
        CancellationToken aborted = request.HttpContext.RequestAborted;
        ReceivedBody body = new(inflight);
        try
        {
            IReadOnlyList<RequestPart> parts = MultipartBoundary(request) is { } boundary
                ? await ReadPartsAsync(request, boundary, body, aborted)
                : [new RequestPart("body", request.ContentType, await ReadBodyAsync(request, body, aborted))];
            return new HandlerRequest(parts, CopyHeaders(request.Headers), body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static string? MultipartBoundary(HttpRequest request)
    {
        if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) != true || !MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type))
            return null;
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > MaxBoundaryLength)
            throw new BadHttpRequestException($"A multipart body's content type needs a boundary of 1 to {MaxBoundaryLength} characters.");
        return boundary;
    }

    // A worker may look at them when the connection is at its next request already.
    private static RequestHeaders CopyHeaders(IHeaderDictionary headers)
    {
        KeyValuePair<string, string>[] fields = new KeyValuePair<string, string>[headers.Count];
        int count = 0;
        foreach ((string name, StringValues values) in headers)
            fields[count++] = new KeyValuePair<string, string>(name, values.ToString());
        return new RequestHeaders(fields);
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(HttpRequest request, ReceivedBody body, CancellationToken aborted)
    {
        // A length beyond the bound is refused by the first read; until then little is taken for it.
        long length = request.ContentLength is { } told && told <= settings.MaxRequestSize ? told : Math.Min(FirstCapacity, settings.MaxRequestSize);
        body.Reserve(length);
        NativeBuffer buffer = body.NewBuffer((int)length);
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(aborted);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                body.Append(buffer, segment.Span);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return buffer.Written;
        }
    }

    private async Task<IReadOnlyList<RequestPart>> ReadPartsAsync(HttpRequest request, string boundary, ReceivedBody body, CancellationToken aborted)
    {
        // The parts together are no larger than the whole.
        body.Reserve(Math.Min(request.ContentLength ?? FirstCapacity, settings.MaxRequestSize));
        MultipartReader reader = new(boundary, request.Body);
        List<RequestPart> parts = [];
        byte[] chunk = ArrayPool<byte>.Shared.Rent(FirstCapacity);
        try
        {
            while (await reader.ReadNextSectionAsync(aborted) is { } section)
            {
                if (parts.Count == MaxParts)
                    throw new BadHttpRequestException($"A multipart body has at most {MaxParts} parts.");
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) is not { Length: > 0 } name)
                    throw new BadHttpRequestException("A part of the multipart body has no name: it needs Content-Disposition: form-data; name=\"...\".");

                NativeBuffer buffer = body.NewBuffer(0);
                while (await section.Body.ReadAsync(chunk, aborted) is int count and > 0)
                    body.Append(buffer, chunk.AsSpan(0, count));
                parts.Add(new RequestPart(name.ToString(), section.ContentType, buffer.Written));
            }

            return parts;
        }
        catch (Exception mistake) when (mistake is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new BadHttpRequestException($"The multipart body is malformed: {mistake.Message}", mistake);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
