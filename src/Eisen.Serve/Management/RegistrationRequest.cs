using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Eisen.Serve.Management;

/// <summary>What <c>POST /models</c> asks for, from its query, or from a JSON body with the same names.</summary>
internal sealed record RegistrationRequest
{
    private const int MaxBodyBytes = 1 << 16;

    [JsonPropertyName("url")]
    public string? Url { get; init; }

    [JsonPropertyName("model_name")]
    public string? ModelName { get; init; }

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
    /// <exception cref="BadHttpRequestException">The body is not JSON with these names.</exception>
    public static async Task<RegistrationRequest> ReadAsync(HttpRequest request)
    {
        if (request.HasJsonContentType() && request.ContentLength is null or > 0)
            return await ReadBodyAsync(request);
        IQueryCollection query = request.Query;
        return new RegistrationRequest
        {
            Url = query["url"].FirstOrDefault(),
            ModelName = query["model_name"].FirstOrDefault(),
            BatchSize = Number(query, "batch_size"),
            MaxBatchDelay = Number(query, "max_batch_delay"),
            InitialWorkers = Number(query, "initial_workers"),
            Synchronous = Flag(query, "synchronous"),
            ResponseTimeout = Number(query, "response_timeout"),
            StartupTimeout = Number(query, "startup_timeout"),
        };
    }

    /// <summary>A number in a query; null when there is none, as TorchServe takes anything else for none.</summary>
    public static int? Number(IQueryCollection query, string name) =>
        int.TryParse(query[name].FirstOrDefault(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>A truth value in a query; null when it is not there.</summary>
    public static bool? Flag(IQueryCollection query, string name) =>
        query[name].FirstOrDefault() is { } text ? text.Equals("true", StringComparison.OrdinalIgnoreCase) : null;

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
