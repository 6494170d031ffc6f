using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;

namespace Eisen.Serve.Packing;

/// <summary>Prints a <c>metadata.json</c> made of parallel lists, as Eisen-Deploy's <c>create_metadata</c> makes one.</summary>
internal static class MetadataCommand
{
    /// <returns>0.</returns>
    /// <exception cref="UserMistakeException">The lists do not fit together; all that is wrong is told.</exception>
    public static int Run(MetadataOptions options, TextWriter output)
    {
        List<string> mistakes = [];
        long[][] inputShapes = [.. options.Inputs.Shapes.Select(shape => Shape(shape, "--input-shape-list", mistakes))];
        long[][] outputShapes = [.. options.Outputs.Shapes.Select(shape => Shape(shape, "--output-shape-list", mistakes))];
        JsonObject custom = Custom(options.Custom, mistakes);
        try
        {
            EisenMetadata metadata = EisenMetadata.Create(
                options.Inputs.Names, options.Inputs.Types, inputShapes, options.Outputs.Names, options.Outputs.Types, outputShapes,
                options.ModelInputs, options.ModelOutputs, custom);
            if (mistakes.Count == 0)
            {
                output.WriteLine(metadata.ToJson(indented: true));
                return 0;
            }
        }
        catch (DataFormatException mistake)
        {
            mistakes.Add(mistake.Message);
        }

        throw new UserMistakeException(string.Join("; ", mistakes));
    }

    private static long[] Shape(string text, string option, List<string> mistakes)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonArray sizes && sizes.All(size => size is JsonValue value && value.TryGetValue(out long _)))
                return [.. sizes.Select(size => size!.GetValue<long>())];
        }
        catch (JsonException)
        {
            // It is told below.
        }

        mistakes.Add($"{option} has {PrintableText.Quoted(text)}, which is no list of sizes such as [-1,1,64,64]");
        return [];
    }

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
