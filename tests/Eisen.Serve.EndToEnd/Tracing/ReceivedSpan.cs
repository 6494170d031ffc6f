namespace Eisen.Serve.EndToEnd.Tracing;

/// <summary>A span as a collector gets it.</summary>
/// <param name="TraceId">Its trace.</param>
/// <param name="Id">Its own id.</param>
/// <param name="ParentId">The id of the span above it; empty for none.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Start">When it began, in Unix nanoseconds.</param>
/// <param name="End">When it ended.</param>
/// <param name="Attributes">What it says of itself.</param>
/// <param name="Links">The ids of the spans that it is linked to.</param>
/// <param name="IsError">Whether it says that it failed.</param>
public sealed record ReceivedSpan(
    string TraceId, string Id, string ParentId, string Name, ulong Start, ulong End, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Links, bool IsError)
{
    private const ulong StatusError = 2;

    /// <summary>Reads a <c>Span</c> of opentelemetry/proto/trace/v1/trace.proto.</summary>
    public static ReceivedSpan Read(ProtobufMessage span) => new(
        span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), span.Number(7), span.Number(8), Collector.Attributes(span, 9),
        [.. span.Messages(13).Select(link => link.Hex(2))], span.Message(15).Number(3) == StatusError);
}
