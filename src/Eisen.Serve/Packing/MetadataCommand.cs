using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;

namespace Eisen.Serve.Packing;

/// <summary>Prints a <c>metadata.json</c>, with the keys of Eisen-Deploy's <c>create_metadata</c> in its order.</summary>
internal static class MetadataCommand
{
    private static readonly string[] Types = ["ndarray", "np.ndarray", "nd.array", "str", "list", "json"];
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>0.</returns>
    /// <exception cref="UserMistakeException">The lists do not fit together; all that is wrong is told.</exception>
    public static int Run(MetadataOptions options, TextWriter output)
    {
        List<string> mistakes = [];
        JsonObject metadata = new()
        {
            ["inputs"] = Fields(options.Inputs, "input", mistakes),
            ["outputs"] = Fields(options.Outputs, "output", mistakes),
            ["model_input_list"] = Names(options.ModelInputs ?? options.Inputs.Names),
            ["model_output_list"] = Names(options.ModelOutputs ?? options.Outputs.Names),
            ["custom"] = Custom(options.Custom, mistakes),
        };
        if (mistakes.Count > 0)
            throw new UserMistakeException(string.Join("; ", mistakes));
        output.WriteLine(metadata.ToJsonString(Readable));
        return 0;
    }

    private static JsonArray Fields(MetadataOptions.FieldLists lists, string role, List<string> mistakes)
    {
        if (lists.Names.Count == 0)
            mistakes.Add($"--{role}-name-list is missing");
        CheckLength(lists.Types.Count, "type");
        CheckLength(lists.Shapes.Count, "shape");
        foreach (string twice in lists.Names.GroupBy(name => name).Where(same => same.Count() > 1).Select(same => same.Key))
            mistakes.Add($"--{role}-name-list has {PrintableText.Quoted(twice)} twice");
        foreach (string type in lists.Types.Except(Types))
            mistakes.Add($"--{role}-type-list has {PrintableText.Quoted(type)}, which is none of {string.Join(", ", Types)}{Nearest.DidYouMean(type, Types)}");
        JsonArray fields = [];
        foreach ((string name, string type, string shape) in lists.Names.Zip(lists.Types, lists.Shapes))
            fields.Add(new JsonObject { ["name"] = name, ["type"] = type, ["shape"] = Shape(shape, role, mistakes) });
        return fields;

        void CheckLength(int count, string what)
        {
            if (count != lists.Names.Count)
                mistakes.Add($"--{role}-{what}-list has {count} and --{role}-name-list {lists.Names.Count}; they go in pairs");
        }
    }

    private static JsonArray Shape(string text, string role, List<string> mistakes)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonArray sizes && sizes.All(size => size is JsonValue value && value.TryGetValue(out long number) && number >= -1))
                return sizes;
        }
        catch (JsonException)
        {
            // It is told below.
        }

        mistakes.Add($"--{role}-shape-list has {PrintableText.Quoted(text)}, which is no list of sizes such as [-1,1,64,64]");
        return [];
    }

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];

    private static JsonObject Custom(string? text, List<string> mistakes)
    {
        if (text is null)
            return [];
        try
        {
            if (JsonNode.Parse(text) is JsonObject custom)
                return custom;
        }
        catch (JsonException)
        {
            // It is told below.
        }

        mistakes.Add($"--custom-meta-dict is a JSON object such as {{\"author\": \"...\"}}, not {PrintableText.Quoted(text)}");
        return [];
    }
}
