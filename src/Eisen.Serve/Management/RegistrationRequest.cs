using System.Text.Json;
using System.Text.Json.Serialization;
using Eisen.Serve.Archive;
using Eisen.Serve.Data;

namespace Eisen.Serve.Management;

/// <summary>What <c>POST /models</c> asks for, from its query, or from a JSON body with the same names.</summary>
internal sealed record RegistrationRequest
{
    private const int MaxBodyBytes = 1 << 16;

    [JsonPropertyName("url")]
    public string? Url { get; init; }

    [JsonPropertyName("model_name")]
    public string? ModelName { get; init; }

    [JsonPropertyName("handler")]
    public string? Handler { get; init; }

    [JsonPropertyName("runtime")]
    public string? Runtime { get; init; }

    [JsonPropertyName("batch_size")]
    public int? BatchSize { get; init; }

    [JsonPropertyName("max_batch_delay")]
    public int? MaxBatchDelay { get; init; }

    [JsonPropertyName("initial_workers")]
    public int? InitialWorkers { get; init; }

    [JsonPropertyName("synchronous")]
    public bool? Synchronous { get; init; }

    [JsonPropertyName("response_timeout")]
    public int? ResponseTimeout { get; init; }

    [JsonPropertyName("startup_timeout")]
    public int? StartupTimeout { get; init; }

    /// <summary>Reads a request.</summary>
    /// <exception cref="BadHttpRequestException">The body is not JSON with these names, or a number is not what its name takes.</exception>
    public static async Task<RegistrationRequest> ReadAsync(HttpRequest request)
    {
        if (request.HasJsonContentType() && request.ContentLength is null or > 0)
            return Checked(await ReadBodyAsync(request));
        IQueryCollection query = request.Query;
        return Checked(new RegistrationRequest
        {
            Url = query.Text("url"),
            ModelName = query.Text("model_name"),
            Handler = query.Text("handler"),
            Runtime = query.Text("runtime"),
            BatchSize = query.Number("batch_size"),
            MaxBatchDelay = query.Number("max_batch_delay"),
            InitialWorkers = query.Number("initial_workers"),
            Synchronous = query.Flag("synchronous"),
            ResponseTimeout = query.Number("response_timeout"),
            StartupTimeout = query.Number("startup_timeout"),
        });
    }

    private static RegistrationRequest Checked(RegistrationRequest asked)
    {
        RequestParameters.Bound("batch_size", asked.BatchSize, 1);
        RequestParameters.Bound("max_batch_delay", asked.MaxBatchDelay, 0);
        RequestParameters.Bound("initial_workers", asked.InitialWorkers, 0, ModelConfigFile.MostWorkers);
        RequestParameters.Bound("response_timeout", asked.ResponseTimeout, 1);
        RequestParameters.Bound("startup_timeout", asked.StartupTimeout, 1);
        if (asked.Runtime is { Length: > 0 } runtime and not ("python" or "python3" or "LSP"))
            throw new BadHttpRequestException($"Invalid RuntimeType value: {runtime}");
        // It may name a file, and then one of the archive's.
        if (asked.Handler is { } handler && (handler.StartsWith('/') || handler.Contains("..", StringComparison.Ordinal) || handler.Contains('\0')))
            throw new BadHttpRequestException($"handler must be a built-in handler's name or a file of the archive, not '{PrintableText.Shortened(handler, 200)}'.");
        return asked;
    }

    private static async Task<RegistrationRequest> ReadBodyAsync(HttpRequest request)
    {
        if (request.ContentLength is null or > MaxBodyBytes)
            throw new BadHttpRequestException($"A registration's JSON body needs a Content-Length of at most {MaxBodyBytes} bytes.");
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, ServerJson.Readable.RegistrationRequest, request.HttpContext.RequestAborted)
                ?? throw new BadHttpRequestException("The body must be a JSON object with at least \"url\".");
        }
        catch (JsonException mistake)
        {
            throw new BadHttpRequestException($"The body must be a JSON object with at least \"url\"; it is wrong at {mistake.Path ?? "its end"}.", mistake);
        }
    }
}
