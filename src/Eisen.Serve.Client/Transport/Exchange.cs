using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Client;

/// <summary>
/// One call: a request, its answer, and what goes between. Gives it the token and the time that it may take, tries it again
/// where that is safe, and makes one kind of exception of every kind of failure.
/// </summary>
internal sealed class Exchange(Uri endpoint, EisenServingClientOptions options, Func<HttpClient> http)
{
    // Bytes. From here on the server is asked whether it will take the body before the body is sent: a refusal then costs
    // nothing, and shows that nothing ran. Below, that would take longer than the body.
    private const int LongBody = 1 << 20;

    private const int MostErrorBytes = 1 << 16;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Asks, and reads the answer.</summary>
    /// <param name="newContent">Makes the body, for each attempt anew.</param>
    /// <param name="isRead">Whether the request runs no model, so that it can be asked again whatever happened.</param>
    /// <param name="accept">The media type that is asked for.</param>
    /// <param name="read">Reads an answer of success.</param>
    /// <param name="cancellation">Gives up, at any point.</param>
    public async Task<T> AskAsync<T>(
        Func<TrackedContent> newContent, bool isRead, string accept, Func<HttpContent, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(options.Timeout, options.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            for (int retries = 0; ; retries++)
            {
                try
                {
                    return await AskOnceAsync(newContent(), isRead, accept, read, either.Token).ConfigureAwait(false);
                }
                catch (EisenServingException failure) when (failure.IsRetryable && retries < options.MaxRetries)
                {
                    // Not all clients that a server refused are to come back at the same moment.
                    await Task.Delay(FirstPause * Math.Pow(2, retries) * (0.75 + Random.Shared.NextDouble() / 2), options.Time, either.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException canceled) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(canceled.Message, canceled, cancellation);
        }
        catch (OperationCanceledException late)
        {
            // Ours, or the caller's HttpClient has a limit of its own.
            string limit = deadline.IsCancellationRequested ? $"within {DurationText.Of(options.Timeout)}" : "within the time that its HttpClient allows";
            throw new EisenTransportException($"{endpoint} did not answer {limit}; the model may have run.", late);
        }
    }

    private async Task<T> AskOnceAsync<T>(
        TrackedContent content, bool isRead, string accept, Func<HttpContent, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint) { Content = content };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        request.Headers.ExpectContinue = content.Headers.ContentLength >= LongBody;
        string? token = options.BearerTokenProvider is { } provider ? await provider(cancellation).ConfigureAwait(false) : options.BearerToken;
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", RequireSendable(token));

        try
        {
            using HttpResponseMessage response = await http().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw await ReadErrorAsync(response, isRead || !content.WasAskedFor, cancellation).ConfigureAwait(false);
            return await read(response.Content, cancellation).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            HttpRequestError? error = (broken as HttpRequestException)?.HttpRequestError;
            bool neverArrived = error is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            bool isUnreachable = neverArrived || error is HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
            throw new EisenTransportException(
                $"{endpoint} {(isUnreachable ? "cannot be reached" : "did not answer to the end")}: {Reason(broken)}", broken,
                isRetryable: isRead || (neverArrived && !content.WasAskedFor));
        }
    }

    // Without the token in the message: messages come into logs.
    private static string RequireSendable(string token) => token.All(character => character is > ' ' and <= '~')
        ? token
        : throw new InvalidOperationException("The bearer token has a character that a header field cannot carry; it takes printable ASCII without spaces.");

    private static async Task<EisenServerException> ReadErrorAsync(HttpResponseMessage response, bool nothingRan, CancellationToken cancellation)
    {
        ServerError error = IsRedirect(response)
            ? new ServerError((int)response.StatusCode, null, $"the model is asked at {response.Headers.Location}, where it was not followed to")
            : ServerError.Read((int)response.StatusCode, await ReadBeginningAsync(response.Content, cancellation).ConfigureAwait(false));
        bool wasRefused = response.StatusCode == HttpStatusCode.ServiceUnavailable && (nothingRan || error.Type == ServerError.RefusedType);
        string? id = response.Headers.TryGetValues("x-request-id", out IEnumerable<string>? ids) ? ids.First() : null;
        return new EisenServerException(response.StatusCode, error, id, wasRefused);
    }

    private static bool IsRedirect(HttpResponseMessage response) => (int)response.StatusCode / 100 == 3 && response.Headers.Location is not null;

    private static async Task<string> ReadBeginningAsync(HttpContent content, CancellationToken cancellation)
    {
        byte[] beginning = new byte[MostErrorBytes];
        using Stream body = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        int length = await body.ReadAtLeastAsync(beginning, beginning.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(beginning, 0, length);
    }

    // HttpClient's own message is often only that the inner exception has details.
    private static string Reason(Exception broken) => broken.InnerException is { } inner ? inner.Message : broken.Message;
}
