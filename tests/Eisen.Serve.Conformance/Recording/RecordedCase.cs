using System.Text.Json;
using System.Text.RegularExpressions;

namespace Eisen.Serve.Conformance;

/// <summary>A request, and what TorchServe answered.</summary>
internal sealed partial class RecordedCase
{
    private readonly JsonElement request;
    private readonly JsonElement response;

    private RecordedCase(string name, JsonElement root)
    {
        Name = name;
        request = root.GetProperty("request");
        response = root.GetProperty("response");
        Config = root.GetProperty("config").GetString()!;
        Models = [.. root.GetProperty("models").EnumerateArray().Select(model => model.GetString()!)];
        Options = [.. root.GetProperty("cli").EnumerateArray().Select(option => option.GetString()!)];
    }

    /// <summary>The letter and number, such as <c>A001</c>.</summary>
    public string Id => Name[..4];

    /// <summary>The number and what it is about, such as <c>A001-ping-healthy</c>.</summary>
    public string Name { get; }

    /// <summary>The configuration file of its group, below the set's folder.</summary>
    public string Config { get; }

    /// <summary>The models that its group's server was started with.</summary>
    public IReadOnlyList<string> Models { get; }

    /// <summary>More options of that server.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>Which listener it was sent to: inference, management or metrics.</summary>
    public string Listener => request.GetProperty("port").GetString()!;

    /// <summary>Its method; a raw one's is the first word that it sends.</summary>
    public string Method => request.TryGetProperty("method", out JsonElement method) ? method.GetString()! : "raw";

    /// <summary>Method and path, for messages.</summary>
    public string Summary => request.TryGetProperty("path", out JsonElement path) ? $"{Method} {Shortened(path.GetString()!)} on {Listener}" : $"raw bytes on {Listener}";

    /// <summary>Whether TorchServe's answer is in the set; the request is to be sent all the same.</summary>
    public bool HasAnswer => response.ValueKind != JsonValueKind.Null;

    /// <summary>Whether TorchServe let the client wait until it gave up.</summary>
    public bool WasLeftWaiting => HasAnswer && response.TryGetProperty("error", out _);

    /// <summary>Reads a case file.</summary>
    public static RecordedCase Read(string file)
    {
        // Python wrote body_json, and JSON has no such numbers. Nothing here reads it: the text says the same.
        using JsonDocument document = JsonDocument.Parse(NotANumber().Replace(File.ReadAllText(file), "$1null$2"));
        return new RecordedCase(Path.GetFileNameWithoutExtension(file), document.RootElement.Clone());
    }

    /// <summary>The request's bytes.</summary>
    /// <param name="rewrite">Puts this run's keys and addresses for the recorded ones.</param>
    public byte[] RequestBytes(Func<string, string> rewrite)
    {
        if (request.TryGetProperty("raw", out JsonElement raw))
            return BytesOf(raw)!;

        byte[] body = request.TryGetProperty("multipart", out JsonElement parts) ? Multipart(parts) : BytesOf(request) ?? [];
        StringWriter head = new() { NewLine = "\r\n" };
        head.WriteLine($"{Method} {rewrite(request.GetProperty("path").GetString()!)} HTTP/1.1");
        foreach (JsonElement field in request.GetProperty("headers").EnumerateArray())
            head.WriteLine($"{field[0].GetString()}: {rewrite(field[1].GetString()!)}");
        head.WriteLine();
        return [.. System.Text.Encoding.Latin1.GetBytes(head.ToString()), .. body];
    }

    /// <summary>What TorchServe answered.</summary>
    public WireAnswer Answer()
    {
        byte[] body = BytesOf(response) ?? [];
        if (body.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(RecordedSet.Place)) >= 0)
            body = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(body).Replace(RecordedSet.Place, RecordedSet.Folder + "/", StringComparison.Ordinal));
        int status = response.GetProperty("status").GetInt32();
        // The recorder read one answer; what came after a 100 Continue is the one that counts.
        return status == 100
            ? WireAnswer.Parse(body)
            : new WireAnswer(
                status,
                response.GetProperty("reason").GetString()!,
                [.. response.GetProperty("headers").EnumerateArray().Select(field => new KeyValuePair<string, string>(field[0].GetString()!, field[1].GetString()!))],
                body,
                response.TryGetProperty("chunks", out JsonElement chunks) ? [.. chunks.EnumerateArray().Select(chunk => BytesOf(chunk, "chunk")!)] : null);
    }

    private static string Shortened(string text) => text.Length > 100 ? text[..100] + "..." : text;

    private static byte[]? BytesOf(JsonElement of, string key = "body") =>
        of.TryGetProperty(key + "_text", out JsonElement text) ? System.Text.Encoding.UTF8.GetBytes(text.GetString()!)
        : of.TryGetProperty(key + "_b64", out JsonElement base64) ? base64.GetBytesFromBase64()
        : of.TryGetProperty(key + "_file", out JsonElement file) ? File.ReadAllBytes(Path.Combine(RecordedSet.Folder, file.GetString()!))
        : of.TryGetProperty(key + "_len", out JsonElement length) ? Repeated(BytesOf(of.GetProperty(key + "_pattern"))!, length.GetInt32())
        : null;

    private static byte[] Repeated(byte[] pattern, int length) => [.. Enumerable.Range(0, length).Select(i => pattern[i % pattern.Length])];

    private static byte[] Multipart(JsonElement parts)
    {
        const string Boundary = "----goldenboundary0123456789";
        using MemoryStream body = new();
        foreach (JsonElement part in parts.EnumerateArray())
        {
            string? Text(string key) => part.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;
            string fileName = Text("filename") is { } file ? $"; filename=\"{file}\"" : "";
            string type = Text("type") is { } named ? $"Content-Type: {named}\r\n" : "";
            body.Write(System.Text.Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{Text("name")}\"{fileName}\r\n{type}\r\n"));
            body.Write(Text("content") is { } content ? System.Text.Encoding.UTF8.GetBytes(content) : File.ReadAllBytes(Path.Combine(RecordedSet.Folder, Text("file")!)));
            body.Write("\r\n"u8);
        }

        body.Write(System.Text.Encoding.UTF8.GetBytes($"--{Boundary}--\r\n"));
        return body.ToArray();
    }

    [GeneratedRegex("""^(\s*(?:"body_json": )?)-?(?:NaN|Infinity)(,?)$""", RegexOptions.Multiline)]
    private static partial Regex NotANumber();
}
