using System.Text.Json;
using System.Text.Json.Nodes;

namespace Eisen.Serve.Conformance;

/// <summary>Says where two answers differ, beyond what is TorchServe's own in each answer.</summary>
internal static class AnswerComparison
{
    // The other header fields belong to the connection and the moment: transfer-encoding follows from the chunks.
    private static readonly string[] Compared =
    [
        "content-type", "pragma", "cache-control", "expires", "content-length", "connection", "x-custom", "ts_stream_next",
        "access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers",
    ];

    /// <summary>Compares answers.</summary>
    /// <param name="expected">TorchServe's.</param>
    /// <param name="actual">Ours.</param>
    public static IReadOnlyList<AnswerDifference> Compare(WireAnswer expected, WireAnswer actual)
    {
        List<AnswerDifference> differences = [];
        void Note(string place, string? theirs, string? ours)
        {
            if (theirs != ours)
                differences.Add(new AnswerDifference(place, theirs, ours));
        }

        Note("status", $"{expected.Status}", $"{actual.Status}");
        // Predictions have none; a client that reads one reads a handler's own.
        if (expected.Status == actual.Status && expected.Reason.Length > 0)
            Note("reason", expected.Reason, actual.Reason);
        BodyComparison body = new(expected, actual);
        differences.AddRange(body.Differences);
        foreach (string name in Compared)
        {
            // The length of a body that holds ids or measured numbers is as much TorchServe's own as they are.
            if (name != "content-length" || (body.IsWhole && !expected.Text.Contains(RecordedSet.Folder, StringComparison.Ordinal)))
                Note($"header {name}", expected[name], actual[name]);
        }

        if (!Guid.TryParse(actual["x-request-id"], out _) && expected["x-request-id"] is not null)
            Note("header x-request-id", "a UUID", actual["x-request-id"]);
        Note("chunks", Shown(expected.Chunks), Shown(actual.Chunks));
        return differences;
    }

    private static string? Shown(IReadOnlyList<byte[]>? chunks) =>
        chunks is null ? null : JsonSerializer.Serialize(chunks.Select(chunk => System.Text.Encoding.UTF8.GetString(chunk)));

    /// <summary>Compares two bodies: JSON as JSON, metrics by their names, anything else byte for byte.</summary>
    private sealed class BodyComparison
    {
        private readonly List<AnswerDifference> differences = [];

        public BodyComparison(WireAnswer expected, WireAnswer actual)
        {
            if (expected.Body.AsSpan().SequenceEqual(actual.Body))
                return;
            if (MetricsComparison.IsMetrics(expected) && MetricsComparison.IsMetrics(actual))
            {
                IsWhole = false;
                differences.AddRange(MetricsComparison.Compare(expected.Text, actual.Text));
            }
            else if (AsJson(expected) is { } theirs && AsJson(actual) is { } ours)
                Compare("$", theirs, ours);
            else
                differences.Add(new AnswerDifference("body", Shortened(expected.Text), Shortened(actual.Text)));
        }

        public IReadOnlyList<AnswerDifference> Differences => differences;

        /// <summary>Whether everything in it had to be equal, and is.</summary>
        public bool IsWhole { get; private set; } = true;

        private static JsonNode? AsJson(WireAnswer answer)
        {
            try
            {
                return JsonNode.Parse(answer.Body);
            }
            catch (JsonException)
            {
                return null;
            }
        }

        private static string Shortened(string text) => text.Length > 300 ? text[..300] + "..." : text;

        private void Compare(string path, JsonNode? expected, JsonNode? actual)
        {
            if (OwnParts.IsOwn(path) || (path == "$.id" && IsId(expected) && IsId(actual)))
            {
                IsWhole = false;
                if (expected?.GetValueKind() != actual?.GetValueKind())
                    Note(path, expected, actual);
                return;
            }

            switch (expected, actual)
            {
                case (JsonObject theirs, JsonObject ours):
                    foreach (string name in theirs.Select(member => member.Key).Union(ours.Select(member => member.Key)))
                    {
                        if (theirs.ContainsKey(name) && ours.ContainsKey(name))
                            Compare($"{path}.{name}", theirs[name], ours[name]);
                        else
                            differences.Add(new AnswerDifference($"body {path}.{name}", Text(theirs, name), Text(ours, name)));
                    }

                    break;
                case (JsonArray theirs, JsonArray ours) when theirs.Count == ours.Count:
                    for (int i = 0; i < theirs.Count; i++)
                        Compare($"{path}[*]", theirs[i], ours[i]);
                    break;
                case (JsonValue theirs, JsonValue ours) when theirs.TryGetValue(out double a) && ours.TryGetValue(out double b):
                    // Another processor adds in another order.
                    if (Math.Abs(a - b) > Math.Max(1e-6, 1e-4 * Math.Abs(a)))
                        Note(path, expected, actual);
                    else if (theirs.ToJsonString() != ours.ToJsonString())
                        IsWhole = false;
                    break;
                default:
                    if (!JsonNode.DeepEquals(expected, actual))
                        Note(path, expected, actual);
                    break;
            }

            if (differences.Count > 0)
                IsWhole = false;
        }

        private static bool IsId(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String && Guid.TryParse(node.GetValue<string>(), out _);

        private void Note(string path, JsonNode? expected, JsonNode? actual) =>
            differences.Add(new AnswerDifference($"body {path}", expected?.ToJsonString() ?? "null", actual?.ToJsonString() ?? "null"));

        private static string? Text(JsonObject of, string name) => of.TryGetPropertyValue(name, out JsonNode? value) ? Shortened(value?.ToJsonString() ?? "null") : null;
    }
}
