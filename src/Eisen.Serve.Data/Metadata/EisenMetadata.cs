using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Eisen.Serve.Data;

/// <summary>
/// What an Eisen model takes and gives, as <c>metadata.json</c> in its archive says: <c>inputs</c> and <c>outputs</c>, lists of
/// <c>{"name": "image", "type": "ndarray", "shape": [-1, 1, -1, -1]}</c>; <c>model_input_list</c> and <c>model_output_list</c>, the fields
/// that the model itself takes and gives, in its order; and <c>custom</c>, whatever its author adds.
/// </summary>
/// <param name="Inputs">What a request has.</param>
/// <param name="Outputs">What an answer has.</param>
/// <param name="ModelInputs">The fields that are the module's arguments, in order.</param>
/// <param name="ModelOutputs">The names of what the module returns, in order.</param>
/// <param name="Custom">Anything else; empty when there is nothing.</param>
public sealed record EisenMetadata(
    IReadOnlyList<EisenField> Inputs,
    IReadOnlyList<EisenField> Outputs,
    IReadOnlyList<string> ModelInputs,
    IReadOnlyList<string> ModelOutputs,
    JsonObject Custom)
{
    /// <summary>The name of the file in an archive.</summary>
    public const string FileName = "metadata.json";

    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The most inputs, and the most outputs.</summary>
    public const int MaxFields = 1000;

    /// <summary>Reads metadata. Lists of the model's own inputs and outputs that are missing name all of them, in order; keys that are not
    /// known are left out.</summary>
    /// <param name="json">The file's bytes; at most <see cref="MaxBytes"/>.</param>
    /// <exception cref="DataFormatException">It is not such a file; the message names every mistake.</exception>
    public static EisenMetadata Read(ReadOnlyMemory<byte> json) => EisenMetadataReader.Read(json);

    /// <summary>Makes metadata of parallel lists, as the original's <c>create_metadata</c> does.</summary>
    /// <param name="inputNames">The inputs' names.</param>
    /// <param name="inputTypes">The type of each: <c>ndarray</c>, <c>str</c>, <c>list</c> or <c>json</c>.</param>
    /// <param name="inputShapes">The shape of each; -1 for any length.</param>
    /// <param name="outputNames">The outputs' names.</param>
    /// <param name="outputTypes">The type of each.</param>
    /// <param name="outputShapes">The shape of each.</param>
    /// <param name="modelInputs">The module's arguments in order; all inputs when left out.</param>
    /// <param name="modelOutputs">What the module returns, in order; all outputs when left out.</param>
    /// <param name="custom">Anything else.</param>
    /// <exception cref="DataFormatException">The lists differ in length, or hold what metadata may not; the message names
    /// every mistake.</exception>
    public static EisenMetadata Create(
        IReadOnlyList<string> inputNames,
        IReadOnlyList<string> inputTypes,
        IReadOnlyList<IReadOnlyList<long>> inputShapes,
        IReadOnlyList<string> outputNames,
        IReadOnlyList<string> outputTypes,
        IReadOnlyList<IReadOnlyList<long>> outputShapes,
        IReadOnlyList<string>? modelInputs = null,
        IReadOnlyList<string>? modelOutputs = null,
        JsonObject? custom = null)
    {
        List<string> mistakes = [];
        RequireParallel("inputs", inputNames, inputTypes, inputShapes);
        RequireParallel("outputs", outputNames, outputTypes, outputShapes);
        if (mistakes.Count > 0)
            throw new DataFormatException(string.Join("; ", mistakes));

        EisenMetadata metadata = new(
            [.. inputNames.Select((name, i) => new EisenField(name, inputTypes[i], inputShapes[i]))],
            [.. outputNames.Select((name, i) => new EisenField(name, outputTypes[i], outputShapes[i]))],
            modelInputs ?? inputNames,
            modelOutputs ?? outputNames,
            custom ?? []);
        // What is written can be read again: the same checks hold for both.
        return Read(Encoding.UTF8.GetBytes(metadata.ToJson()));

        void RequireParallel(string what, IReadOnlyList<string> names, IReadOnlyList<string> types, IReadOnlyList<IReadOnlyList<long>> shapes)
        {
            if (names.Count != types.Count || names.Count != shapes.Count)
                mistakes.Add($"the {what} have {names.Count} names, {types.Count} types and {shapes.Count} shapes; they need as many of each");
        }
    }

    /// <summary>The metadata as JSON.</summary>
    /// <param name="indented">Whether it has a line for each value.</param>
    public string ToJson(bool indented = false)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteFields(json, "inputs", Inputs);
            WriteFields(json, "outputs", Outputs);
            WriteNames(json, "model_input_list", ModelInputs);
            WriteNames(json, "model_output_list", ModelOutputs);
            json.WritePropertyName("custom");
            Custom.WriteTo(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteFields(Utf8JsonWriter json, string key, IReadOnlyList<EisenField> fields)
    {
        json.WriteStartArray(key);
        foreach (EisenField field in fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteString("type", field.Type);
            json.WriteStartArray("shape");
            foreach (long length in field.Shape)
                json.WriteNumberValue(length);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, string key, IReadOnlyList<string> names)
    {
        json.WriteStartArray(key);
        foreach (string name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
