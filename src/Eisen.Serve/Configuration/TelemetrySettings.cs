using System.Collections;
using Eisen.Serve.Data;

namespace Eisen.Serve.Configuration;

/// <summary>
/// What is sent to an OpenTelemetry collector, as OpenTelemetry's own environment variables say. Of those, only what decides
/// whether there is anything to send is read here; the library reads the rest.
/// </summary>
internal sealed record TelemetrySettings
{
    /// <summary>The variable that names the collector; without it nothing is sent.</summary>
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string Prefix = "OTEL_";

    // Those of OpenTelemetry's specification that can be had here.
    private static readonly string[] Protocols = ["grpc", "http/protobuf"];
    private static readonly string[] Exporters = ["otlp", "none"];

    /// <summary>Nothing is sent.</summary>
    public static TelemetrySettings Off { get; } = new();

    /// <summary>Where the collector listens; empty for nowhere.</summary>
    public string Collector { get; private init; } = "";

    /// <summary>Whether traces are sent.</summary>
    public bool SendsTraces { get; private init; }

    /// <summary>Whether metrics are sent.</summary>
    public bool SendsMetrics { get; private init; }

    /// <summary>Whether anything is sent.</summary>
    public bool IsOn => SendsTraces || SendsMetrics;

    /// <summary>OpenTelemetry's environment variables.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Variables => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(variable => ((string)variable.Key).StartsWith(Prefix, StringComparison.Ordinal))
        .Select(variable => new KeyValuePair<string, string?>((string)variable.Key, (string?)variable.Value));

    /// <summary>Reads the environment.</summary>
    /// <param name="onMistake">Gets what is wrong with it.</param>
    public static TelemetrySettings Read(Action<string> onMistake)
    {
        if (Variable(EndpointVariable) is not { } endpoint || string.Equals(Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return Off;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            onMistake($"{EndpointVariable} must be a collector's address, such as http://127.0.0.1:4317, not {PrintableText.Quoted(endpoint)}");
            return Off;
        }

        // The library would not send them.
        if (address.UserInfo.Length > 0)
            onMistake($"{EndpointVariable} must hold no name and password; say OTEL_EXPORTER_OTLP_HEADERS=\"Authorization=Basic ...\"");
        Check(ProtocolVariable, Protocols, onMistake);
        return new TelemetrySettings
        {
            Collector = $"{address.Scheme}://{address.Authority}",
            SendsTraces = Check("OTEL_TRACES_EXPORTER", Exporters, onMistake) != "none",
            SendsMetrics = Check("OTEL_METRICS_EXPORTER", Exporters, onMistake) != "none",
        };
    }

    private static string? Check(string variable, string[] choices, Action<string> onMistake)
    {
        string? text = Variable(variable);
        if (text is not null && !choices.Contains(text))
            onMistake($"{variable} must be {string.Join(" or ", choices)}, not {PrintableText.Quoted(text)}");
        return text;
    }

    // An empty variable is one that is not set, says OpenTelemetry.
    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;
}
