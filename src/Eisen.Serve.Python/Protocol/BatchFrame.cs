using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python;

/// <summary>Writes a batch for a worker: small bodies into the frame, large ones into the shared memory. It is used again
/// for the next batch.</summary>
internal sealed class BatchFrame
{
    /// <summary>Bodies from this size on go through the shared memory.</summary>
    public const int LargeBody = 64 << 10;

    /// <summary>The bodies that a frame holds together.</summary>
    public const int MostInFrame = 1 << 20;

    private readonly ArrayBufferWriter<byte> head = new();
    private readonly List<ReadOnlyMemory<byte>> content = [];
    private readonly Utf8JsonWriter json;

    public BatchFrame() => json = new Utf8JsonWriter(head, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The frame's head.</summary>
    public ReadOnlySpan<byte> Head => head.WrittenSpan;

    /// <summary>The bodies in the frame.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Content => content;

    /// <summary>Writes the frame, and the large bodies.</summary>
    /// <exception cref="IOException">The system has no memory for them.</exception>
    public void Write(IReadOnlyList<HandlerRequest> batch, SharedSegment shared)
    {
        head.ResetWrittenCount();
        json.Reset();
        content.Clear();
        int inFrame = 0;
        long offset = 0;
        shared.Reserve(SharedSize(batch));
        json.WriteStartObject();
        json.WriteString("kind"u8, KindName(batch[0].Kind));
        json.WriteNumber("shared"u8, shared.Capacity);
        json.WriteStartArray("requests"u8);
        for (int i = 0; i < batch.Count; i++)
        {
            HandlerRequest request = batch[i];
            json.WriteStartObject();
            json.WriteString("id"u8, request.Id);
            if (request.Path is not null)
                json.WriteString("path"u8, request.Path);
            WriteHeaders(request.Headers);
            json.WriteStartArray("parts"u8);
            for (int p = 0; p < request.Parts.Count; p++)
            {
                RequestPart part = request.Parts[p];
                json.WriteStartObject();
                json.WriteString("name"u8, part.Name);
                if (part.ContentType is not null)
                    json.WriteString("type"u8, part.ContentType);
                json.WriteNumber("size"u8, part.Content.Length);
                if (IsInFrame(part, ref inFrame))
                {
                    content.Add(part.Content);
                }
                else
                {
                    json.WriteNumber("at"u8, offset);
                    part.Content.Span.CopyTo(shared.Slice(offset, part.Content.Length));
                    offset = SharedSegment.Next(offset + part.Content.Length);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private void WriteHeaders(RequestHeaders headers)
    {
        json.WriteStartArray("headers"u8);
        for (int i = 0; i < headers.Fields.Count; i++)
        {
            json.WriteStartArray();
            json.WriteStringValue(headers.Fields[i].Key);
            json.WriteStringValue(headers.Fields[i].Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static ReadOnlySpan<byte> KindName(RequestKind kind) => kind switch
    {
        RequestKind.Explain => "explain"u8,
        RequestKind.Describe => "describe"u8,
        _ => "predict"u8,
    };

    private static long SharedSize(IReadOnlyList<HandlerRequest> batch)
    {
        int inFrame = 0;
        long size = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            for (int p = 0; p < batch[i].Parts.Count; p++)
            {
                RequestPart part = batch[i].Parts[p];
                if (!IsInFrame(part, ref inFrame))
                    size = SharedSegment.Next(size + part.Content.Length);
            }
        }

        return size;
    }

    private static bool IsInFrame(RequestPart part, ref int inFrame)
    {
        if (part.Content.Length >= LargeBody || inFrame + part.Content.Length > MostInFrame)
            return false;
        inFrame += part.Content.Length;
        return true;
    }
}
