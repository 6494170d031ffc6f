using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Eisen.Serve.Testing;
using Google.Protobuf;

namespace Eisen.Serve.EndToEnd.Tracing;

/// <summary>An OpenTelemetry collector: takes traces and metrics over OTLP, as HTTP with protobuf bodies, and keeps them.</summary>
public sealed class Collector : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<ReceivedSpan> spans = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>> metrics = new();
    private readonly Task taking;
    private volatile IReadOnlyDictionary<string, string> resource = new Dictionary<string, string>();

    public Collector()
    {
        Address = $"http://127.0.0.1:{FreePort.Next()}";
        listener.Prefixes.Add($"{Address}/");
        listener.Start();
        taking = TakeAllAsync();
    }

    public string Address { get; }

    /// <summary>All spans so far.</summary>
    public IReadOnlyCollection<ReceivedSpan> Spans => [.. spans];

    /// <summary>What the last sender said of itself.</summary>
    public IReadOnlyDictionary<string, string> Resource => resource;

    /// <summary>By name, the attributes of each of a metric's last points.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<IReadOnlyDictionary<string, string>>> Metrics => metrics;

    /// <summary>The environment of a program that sends here, soon and often.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment =>
    [
        new("OTEL_EXPORTER_OTLP_ENDPOINT", Address), new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        new("OTEL_BSP_SCHEDULE_DELAY", "50"), new("OTEL_METRIC_EXPORT_INTERVAL", "200"),
    ];

    /// <summary>The <c>KeyValue</c>s of opentelemetry/proto/common/v1/common.proto in a field.</summary>
    public static IReadOnlyDictionary<string, string> Attributes(ProtobufMessage message, int field) =>
        message.Messages(field).ToDictionary(pair => pair.Text(1), pair => Value(pair.Message(2)));

    public void Dispose()
    {
        listener.Stop();
        taking.Wait();
        listener.Close();
    }

    private static string Value(ProtobufMessage value) => value.Has(1) ? value.Text(1) : ((long)value.Number(3)).ToString(CultureInfo.InvariantCulture);

    private async Task TakeAllAsync()
    {
        while (await NextAsync() is { } exchange)
        {
            ProtobufMessage request = new(await ByteString.FromStreamAsync(exchange.Request.InputStream));
            if (exchange.Request.Url!.AbsolutePath == "/v1/traces")
                TakeTraces(request);
            else
                TakeMetrics(request);
            exchange.Response.Close();
        }
    }

    private async Task<HttpListenerContext?> NextAsync()
    {
        try
        {
            return await listener.GetContextAsync();
        }
        catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException && !listener.IsListening)
        {
            return null;
        }
    }

    // ExportTraceServiceRequest: resource_spans { resource, scope_spans { scope, spans } }.
    private void TakeTraces(ProtobufMessage request)
    {
        foreach (ProtobufMessage sender in request.Messages(1))
        {
            resource = Attributes(sender.Message(1), 1);
            foreach (ProtobufMessage span in sender.Messages(2).SelectMany(scope => scope.Messages(2)))
                spans.Enqueue(ReceivedSpan.Read(span));
        }
    }

    // ExportMetricsServiceRequest: resource_metrics { resource, scope_metrics { scope, metrics { name, gauge, sum or histogram } } }.
    private void TakeMetrics(ProtobufMessage request)
    {
        const int gauge = 5, sum = 7, histogram = 9;
        foreach (ProtobufMessage metric in request.Messages(1).SelectMany(sender => sender.Messages(2)).SelectMany(scope => scope.Messages(2)))
        {
            int kind = metric.Has(gauge) ? gauge : metric.Has(sum) ? sum : histogram;
            metrics[metric.Text(1)] = [.. metric.Message(kind).Messages(1).Select(point => Attributes(point, kind == histogram ? 9 : 7))];
        }
    }
}
