using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Eisen.Serve.Inference;

/// <summary>
/// Reads a request into the parts that a handler sees: a raw body as one part called <c>body</c>, a multipart body or a
/// form as its own parts. Bodies go from the connection into native memory, once. Kestrel bounds each
/// (<c>max_request_size</c>), and the bytes in flight bound all of them (<c>max_inflight_bytes</c>).
/// </summary>
internal sealed class RequestReader(ServerSettings settings, InflightBytes inflight)
{
    private const int MaxParts = 1000;
    private const int MaxBoundaryLength = 70; // RFC 2046, 5.1.1

    // Python workers get them in the head of a frame, where a character takes up to six bytes.
    private const int MaxNamesLength = 1 << 20;

    // What we tell a handler ourselves, as TorchServe does in header fields of the request: a client's own would deceive it.
    private const string Explain = "explain";
    private const string Describe = "describe";
    private const string UrlPath = "url_path";

    // For a body whose length is not told; memory is then taken as bytes come.
    private const int FirstCapacity = 1 << 16;

    /// <summary>Reads a request; dispose the result, unless somebody takes it over.</summary>
    /// <exception cref="BadHttpRequestException">The body is too large, ends early, or is not the multipart body that
    /// its content type says.</exception>
    /// <exception cref="TooManyBytesException">The requests under way leave no room for it.</exception>
    public async ValueTask<HandlerRequest> ReadAsync(HttpRequest request, PredictionForm form)
    {
        CancellationToken aborted = request.HttpContext.RequestAborted;
        ReceivedBody body = new(inflight);
        try
        {
            IReadOnlyList<RequestPart> parts = await ReadPartsAsync(request, body, aborted);
            CheckNames(parts);
            RequestHeaders headers = HandlerHeaders(request.Headers, request.ContentLength ?? parts.Sum(part => (long)part.Content.Length), form);
            if (form.TakesQuery && request.Query.Count > 0)
                parts = [.. QueryParts(request.Query), .. parts];
            return new HandlerRequest(parts, headers, body)
            {
                Kind = form.Kind,
                Id = request.HttpContext.TraceIdentifier,
                Path = form.Path,
            };
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>A request without a body for a handler, with the header fields of the one that made us ask.</summary>
    /// <param name="request">The request that came.</param>
    /// <param name="kind">What is asked of the handler.</param>
    public static HandlerRequest WithoutBody(HttpRequest request, RequestKind kind) =>
        new([], HandlerHeaders(request.Headers, 0, PredictionForm.SageMaker)) { Kind = kind, Id = request.HttpContext.TraceIdentifier };

    private async ValueTask<IReadOnlyList<RequestPart>> ReadPartsAsync(HttpRequest request, ReceivedBody body, CancellationToken aborted)
    {
        string? type = MimeType(request.ContentType);
        if (string.Equals(type, "multipart/form-data", StringComparison.OrdinalIgnoreCase) && BoundaryOf(request.ContentType!) is { } boundary)
            return await ReadMultipartAsync(request, boundary, body, aborted);
        ReadOnlyMemory<byte> whole = await ReadBodyAsync(request, body, aborted);
        return string.Equals(type, FormBody.ContentType, StringComparison.OrdinalIgnoreCase)
            ? FormBody.Read(whole, body, MaxParts)
            : [new RequestPart("body", type, whole)];
    }

    private static void CheckNames(IReadOnlyList<RequestPart> parts)
    {
        long length = 0;
        for (int i = 0; i < parts.Count; i++)
            length += parts[i].Name.Length + (parts[i].ContentType?.Length ?? 0);
        if (length > MaxNamesLength)
            throw new BadHttpRequestException($"The names and content types of a body's parts have at most {MaxNamesLength} characters together, and these have {length}.");
    }

    private static IEnumerable<RequestPart> QueryParts(IQueryCollection query) =>
        query.SelectMany(parameter => parameter.Value, (parameter, value) => new RequestPart(parameter.Key, null, Encoding.UTF8.GetBytes(value ?? "")));

    /// <summary>The media type without its parameters, as a handler gets it.</summary>
    private static string? MimeType(string? contentType) =>
        contentType?.IndexOf(';', StringComparison.Ordinal) is int end and >= 0 ? contentType[..end].Trim() : contentType;

    private static string? BoundaryOf(string contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type))
            return null;
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length > MaxBoundaryLength)
            throw new BadHttpRequestException($"A multipart body's content type needs a boundary of 1 to {MaxBoundaryLength} characters.");
        // Without a boundary it is no multipart body, whatever it calls itself.
        return boundary.Length == 0 ? null : boundary;
    }

    // A worker may look at them when the connection is at its next request already.
    private static RequestHeaders HandlerHeaders(IHeaderDictionary headers, long length, PredictionForm form)
    {
        // Whoever goes on with a trace goes on from this server's span.
        string? trace = Activity.Current?.Id;
        // What it is as a rule: a client's fields, with our length in the place of theirs.
        int usual = headers.Count + (headers.ContentLength is null ? 1 : 0) + (form.TellsKind ? 1 : 0) + (trace is null ? 0 : 1) + (form.Path is null ? 0 : 1);
        KeyValuePair<string, string>[] fields = new KeyValuePair<string, string>[usual];
        int count = 0;
        if (form.TellsKind)
            fields[count++] = new(Explain, form.Kind == RequestKind.Explain ? bool.TrueString : bool.FalseString);
        // The body's own length, also where it came in chunks.
        fields[count++] = new("content-length", length.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, StringValues values) in headers)
        {
            if (!IsOurs(name) && (trace is null || !Is(name, HeaderNames.TraceParent)))
                fields[count++] = new(name, values.ToString());
        }

        if (trace is not null)
            fields[count++] = new(HeaderNames.TraceParent, trace);
        if (form.Path is not null)
            fields[count++] = new(UrlPath, form.Path);
        if (count < usual)
            Array.Resize(ref fields, count);
        return new RequestHeaders(fields);
    }

    private static bool IsOurs(string name) =>
        Is(name, HeaderNames.ContentLength) || Is(name, HeaderNames.TransferEncoding) || Is(name, Explain) || Is(name, Describe) || Is(name, UrlPath);

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

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

    private async Task<IReadOnlyList<RequestPart>> ReadMultipartAsync(HttpRequest request, string boundary, ReceivedBody body, CancellationToken aborted)
    {
        // The parts together are no larger than the whole.
        body.Reserve(Math.Min(request.ContentLength ?? FirstCapacity, settings.MaxRequestSize));
        MultipartReader reader = new(boundary, request.Body);
        List<RequestPart> parts = [];
        byte[] chunk = ArrayPool<byte>.Shared.Rent(FirstCapacity);
        try
        {
            for (MultipartSection? section = await FirstAsync(reader, aborted); section is not null; section = await reader.ReadNextSectionAsync(aborted))
            {
                if (parts.Count == MaxParts)
                    throw new BadHttpRequestException($"A multipart body has at most {MaxParts} parts.");
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) is not { Length: > 0 } name)
                    throw new BadHttpRequestException("A part of the multipart body has no name: it needs Content-Disposition: form-data; name=\"...\".");

                NativeBuffer buffer = body.NewBuffer(0);
                while (await section.Body.ReadAsync(chunk, aborted) is int count and > 0)
                    body.Append(buffer, chunk.AsSpan(0, count));
                // As with TorchServe, what has no file name is a field, and a field has no type.
                bool isFile = disposition.FileName.HasValue || disposition.FileNameStar.HasValue;
                parts.Add(new RequestPart(name.ToString(), isFile ? MimeType(section.ContentType) : null, buffer.Written));
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

    private static async Task<MultipartSection?> FirstAsync(MultipartReader reader, CancellationToken aborted)
    {
        try
        {
            return await reader.ReadNextSectionAsync(aborted);
        }
        catch (IOException end) when (end is not (BadHttpRequestException or ConnectionResetException))
        {
            // Everything before the first boundary is nobody's part, and here that is all there is.
            return null;
        }
    }
}
