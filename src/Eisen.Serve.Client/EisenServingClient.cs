using Eisen.Serve.Data;

namespace Eisen.Serve.Client;

/// <summary>
/// Asks one of Eisen's models that Eisen.Serve or TorchServe serves. It may be used from any number of threads at once, and
/// should live as long as the application.
/// </summary>
/// <remarks>
/// Making one sends nothing. The original Python client reads the metadata in its constructor: <see cref="ConnectAsync"/> is
/// for those who want to know at once whether the address is right.
/// </remarks>
public sealed class EisenServingClient : IDisposable
{
    private const string Json = "application/json";

    private readonly Exchange exchange;
    private readonly HttpClient? owned;
    private readonly long maxAnswerBytes;
    private readonly bool validateInputs;
    private volatile EisenMetadata? metadata;

    /// <summary>Makes a client with connections of its own.</summary>
    /// <param name="endpoint">Where the model is asked, for example <c>http://127.0.0.1:8080/predictions/brain</c>, or with a
    /// version behind that.</param>
    /// <param name="validateInputs">Whether inputs are checked against the model's metadata before they are sent.</param>
    /// <exception cref="ArgumentException">The endpoint is not an absolute address of http or https.</exception>
    public EisenServingClient(Uri endpoint, bool validateInputs = false)
        : this(endpoint, new EisenServingClientOptions { ValidateInputs = validateInputs })
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="endpoint">Where the model is asked, for example <c>http://127.0.0.1:8080/predictions/brain</c>.</param>
    /// <param name="options">How it asks.</param>
    /// <param name="http">What sends the requests; it stays the caller's, and its own time limit and rules for redirects hold,
    /// too. Null for connections of the client's own, which follow no redirects.</param>
    /// <exception cref="ArgumentException">The endpoint is not an absolute address of http or https, or an option has a value
    /// that cannot be.</exception>
    public EisenServingClient(Uri endpoint, EisenServingClientOptions options, HttpClient? http = null)
        : this(endpoint, options, http, http is null ? new HttpClient(NewHandler()) { Timeout = Timeout.InfiniteTimeSpan } : null)
    {
    }

    internal EisenServingClient(Uri endpoint, EisenServingClientOptions options, Func<HttpClient> http)
    {
        RequireUsable(endpoint);
        options = options.Checked();
        exchange = new Exchange(endpoint, options, http);
        maxAnswerBytes = options.MaxAnswerBytes;
        validateInputs = options.ValidateInputs;
    }

    private EisenServingClient(Uri endpoint, EisenServingClientOptions options, HttpClient? http, HttpClient? owned)
        : this(endpoint, options, () => (http ?? owned)!) => this.owned = owned;

    /// <summary>Makes a client with connections of its own, and reads the model's metadata.</summary>
    /// <param name="endpoint">Where the model is asked, for example <c>http://127.0.0.1:8080/predictions/brain</c>.</param>
    /// <param name="options">How it asks; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The endpoint is not an absolute address of http or https, or an option has a value
    /// that cannot be.</exception>
    /// <exception cref="EisenServingException">There is no metadata to be had; see <see cref="GetMetadataAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<EisenServingClient> ConnectAsync(
        Uri endpoint, EisenServingClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        EisenServingClient client = new(endpoint, options ?? new EisenServingClientOptions());
        try
        {
            await client.GetMetadataAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Asks for the model's metadata: the names, types and shapes of its inputs and outputs. Inputs are validated
    /// against what this has read last.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EisenServerException">The server answered with an error.</exception>
    /// <exception cref="EisenTransportException">No answer came.</exception>
    /// <exception cref="EisenAnswerException">The answer is not metadata.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<EisenMetadata> GetMetadataAsync(CancellationToken cancellationToken = default) =>
        exchange.AskAsync(static () => new TrackedContent([]), isRead: true, Json, ReadMetadataAsync, cancellationToken);

    /// <summary>Asks the model.</summary>
    /// <param name="inputs">The inputs by name; arrays are in general batches, with the batch as first dimension. Arrays are sent
    /// from the memory they lie in: they must be neither changed nor disposed until the call has ended.</param>
    /// <param name="cancellationToken">Gives up; a request that only waits is then not run any more.</param>
    /// <returns>The outputs by name. Their arrays lie in native memory that is given back when the dictionary is disposed.</returns>
    /// <exception cref="EisenInputException">Inputs are validated, and are not what the metadata asks for.</exception>
    /// <exception cref="EisenServerException">The server answered with an error.</exception>
    /// <exception cref="EisenTransportException">No answer came.</exception>
    /// <exception cref="EisenAnswerException">The answer is too large, or not in Eisen's form.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<FieldDictionary> PredictAsync(FieldDictionary inputs, CancellationToken cancellationToken = default)
    {
        if (validateInputs)
        {
            EisenMetadata known = metadata ?? await GetMetadataAsync(cancellationToken).ConfigureAwait(false);
            InputValidation.Require(known, inputs);
        }

        SegmentedBuffer body = new();
        EisenMessagePack.WriteFields(body, inputs);
        return await exchange.AskAsync(
            () => new TrackedContent(body.Segments, EisenMessagePack.MediaType), isRead: false, EisenMessagePack.MediaType, ReadOutputsAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the client's own connections.</summary>
    public void Dispose() => owned?.Dispose();

    internal static SocketsHttpHandler NewHandler() => new()
    {
        // A redirect would send a patient's images where nobody meant them to go, or make a question for metadata of a prediction.
        AllowAutoRedirect = false,
        UseCookies = false,
        // A name may come to stand for another address.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    internal static void RequireUsable(Uri endpoint)
    {
        if (!endpoint.IsAbsoluteUri || (endpoint.Scheme != Uri.UriSchemeHttp && endpoint.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"'{endpoint}' is not an address of http or https, such as http://127.0.0.1:8080/predictions/brain.", nameof(endpoint));
    }

    private async Task<EisenMetadata> ReadMetadataAsync(HttpContent content, CancellationToken cancellation)
    {
        using NativeBuffer answer = await AnswerReader.ReadAsync(content, EisenMetadata.MaxBytes, cancellation).ConfigureAwait(false);
        try
        {
            return metadata = EisenMetadata.Read(answer.Written);
        }
        catch (DataFormatException wrong)
        {
            throw new EisenAnswerException($"The answer to an empty request is not a model's metadata: {wrong.Message}", wrong);
        }
    }

    private async Task<FieldDictionary> ReadOutputsAsync(HttpContent content, CancellationToken cancellation)
    {
        NativeBuffer answer = await AnswerReader.ReadAsync(content, maxAnswerBytes, cancellation).ConfigureAwait(false);
        try
        {
            FieldDictionary outputs = EisenMessagePack.ReadFields(answer.Written);
            // The arrays lie in it.
            outputs.Own(answer);
            return outputs;
        }
        catch (DataFormatException wrong)
        {
            // The original's handler answers with status 200 and its metadata when an input is missing.
            string hint = answer.Length > 0 && answer.Written.Span[0] == (byte)'{' ? "; it looks like JSON, with which the original Eisen answers when an input is missing" : "";
            answer.Dispose();
            throw new EisenAnswerException($"The answer is not in Eisen's form: {wrong.Message}{hint}.", wrong);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
