using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Eisen.Serve.Data;

namespace Eisen.Serve.Fetching;

/// <summary>
/// Fetches archives over HTTP and HTTPS from addresses that the operator allows. Every step of the way is held to that: a
/// redirect leads to another allowed address or nowhere, and what counts is the address that a connection is really
/// made to, whatever a name server said before.
/// </summary>
/// <param name="allowed">Where archives may come from.</param>
/// <param name="limits">What fetching one may take.</param>
/// <param name="folder">Where fetched files are put.</param>
/// <param name="time">The clock.</param>
internal sealed class ArchiveFetcher(AllowedUrls allowed, FetchLimits limits, string folder, TimeProvider time) : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxAtOnce = 4;
    private const int ChunkBytes = 1 << 16;

    /// <summary>How long a server may take to send more; beyond it, it has stalled.</summary>
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim slots = new(MaxAtOnce);

    /// <summary>Fetches a file. Nothing of one that fails stays.</summary>
    /// <exception cref="FetchException">It cannot be had, or not within the limits; the message tells why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<FetchedArchive> FetchAsync(Uri url, CancellationToken cancellationToken)
    {
        using CancellationTokenSource tooLong = new(limits.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, tooLong.Token);
        FetchedArchive? fetched = null;
        try
        {
            await slots.WaitAsync(either.Token);
            try
            {
                fetched = new FetchedArchive(folder);
                await DownloadAsync(url, fetched.FilePath, either.Token);
                return fetched;
            }
            finally
            {
                slots.Release();
            }
        }
        catch (Exception failure)
        {
            fetched?.Dispose();
            if (cancellationToken.IsCancellationRequested || failure is FetchException)
                throw;
            throw new FetchException(tooLong.IsCancellationRequested ? $"it takes longer than {DurationText.Of(limits.Timeout)} (download_timeout)" : ReasonOf(failure));
        }
    }

    public void Dispose() => slots.Dispose();

    private async Task DownloadAsync(Uri url, string path, CancellationToken cancellationToken)
    {
        using HttpMessageInvoker client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            // A proxy would connect for us, and to what it likes.
            UseProxy = false,
            UseCookies = false,
            MaxResponseDrainSize = 0,
            ConnectTimeout = StallTimeout,
            ConnectCallback = ConnectAsync,
        });
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, url);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Eisen.Serve", null));
            using HttpResponseMessage response = await client.SendAsync(request, cancellationToken).WaitAsync(StallTimeout, time, cancellationToken);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308)
            {
                url = Redirected(url, response);
                continue;
            }

            if (response.StatusCode != HttpStatusCode.OK)
                throw new FetchException($"the server answered {(int)response.StatusCode}");
            await SaveAsync(response.Content, path, cancellationToken);
            return;
        }

        throw new FetchException($"it is redirected more than {MaxRedirects} times");
    }

    private Uri Redirected(Uri from, HttpResponseMessage response)
    {
        if (response.Headers.Location is not { } location)
            throw new FetchException("the server redirects to nowhere");
        Uri to = new(new Uri(from, location).AbsoluteUri);
        return IsWeb(to) && allowed.Allow(to)
            ? to
            : throw new FetchException("the server redirects to an address that is not allowed");
    }

    private async Task SaveAsync(HttpContent content, string path, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength is { } told)
            Bound(told);
        await using Stream body = await content.ReadAsStreamAsync(cancellationToken);
        await using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        byte[] chunk = new byte[ChunkBytes];
        while (await body.ReadAsync(chunk, cancellationToken).AsTask().WaitAsync(StallTimeout, time, cancellationToken) is int count and > 0)
        {
            Bound(file.Length + count);
            await file.WriteAsync(chunk.AsMemory(0, count), cancellationToken);
        }
    }

    private void Bound(long length)
    {
        if (length > limits.MaxBytes)
            throw new FetchException($"it is larger than {limits.MaxBytes} bytes (max_download_size)");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        bool mayBePrivate = allowed.Name(context.InitialRequestMessage.RequestUri!);
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        IPAddress[] usable = mayBePrivate ? addresses : Array.FindAll(addresses, PublicAddresses.Contain);
        if (usable.Length == 0)
            throw new FetchException(addresses.Length == 0 ? "its host has no address" : "its host is in a private network, and allowed_urls does not name it");

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(usable, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether an address is one that can be fetched.</summary>
    public static bool IsWeb(Uri url) => url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps;

    private static string ReasonOf(Exception failure) => failure switch
    {
        HttpRequestException { InnerException: FetchException refused } => refused.Message,
        HttpRequestException { InnerException: SocketException refused } => refused.Message,
        TimeoutException => $"the server sends nothing for {StallTimeout.TotalSeconds} s",
        IOException or HttpRequestException or UnauthorizedAccessException => failure.Message.TrimEnd('.'),
        _ => failure.GetType().Name,
    };
}
