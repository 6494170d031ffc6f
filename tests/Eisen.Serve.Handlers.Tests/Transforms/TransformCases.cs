using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>What the original computed, and what numpy computes (<c>tests/fixtures/make_transforms.py</c>), in one form.</summary>
internal static class TransformCases
{
    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> LoadedReference =
        new(() => Load(Path.Combine(Fixtures.RepositoryRoot, "..", "shared", "eisen-reference", "transforms.json")));

    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> LoadedComputed = new(() => Load(Fixtures.PathOf("transforms/cases.json")));

    public static IReadOnlyDictionary<string, JsonElement> Reference => LoadedReference.Value;

    public static IReadOnlyDictionary<string, JsonElement> Computed => LoadedComputed.Value;

    public static IFieldTransform Transform(JsonElement transformCase) => Parse(
        $$"""[{"type": {{transformCase.GetProperty("type").GetRawText()}}, "params": {{transformCase.GetProperty("params").GetRawText()}}}]""").Single();

    public static IReadOnlyList<IFieldTransform> Parse(string json) => FieldTransforms.Parse(Encoding.UTF8.GetBytes(json), "pre_process.json");

    public static bool IsError(JsonElement transformCase) => transformCase.GetProperty("error").ValueKind == JsonValueKind.String;

    public static FieldDictionary Input(JsonElement transformCase) => ReadFields(transformCase.GetProperty("input"));

    /// <summary>The case's output, field by field, in order.</summary>
    public static FieldDictionary Output(JsonElement transformCase) => ReadFields(transformCase.GetProperty("output"));

    /// <summary>A value as a text in which equal values look equal: arrays with every bit, but for those of what is not a
    /// number.</summary>
    public static string Show(FieldValue value) => value switch
    {
        FieldValue.Array { Elements: var array } => $"{array} {ShowElements(array)}",
        FieldValue.List list => $"[{string.Join(", ", list.Items.Select(Show))}]",
        _ => value.ToString(),
    };

    public static string Show(FieldDictionary fields) => string.Join('\n', fields.Fields.Select(field => $"{field.Key}: {Show(field.Value)}"));

    public static NDArray ReadArray(JsonElement json)
    {
        JsonElement array = json.GetProperty("ndarray");
        DTypeExtensions.TryParse(array.GetProperty("dtype").GetString()!, out DType dtype).ShouldBeTrue();
        long[] shape = [.. array.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64())];
        return NDArray.Wrap(dtype, shape, array.GetProperty("data_base64").GetBytesFromBase64());
    }

    public static Dictionary<string, JsonElement> Load(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone().EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);
    }

    /// <summary>Runs a case.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static string? Check(JsonElement item)
    {
        string name = item.GetProperty("name").GetString()!;
        using FieldDictionary fields = Input(item);
        try
        {
            Transform(item).Apply(fields);
        }
        catch (Exception mistake) when (mistake is BadInputException or HandlerConfigurationException)
        {
            return IsError(item) ? null : $"{name}: {mistake.Message}";
        }

        if (IsError(item))
            return $"{name}: no error, but {Show(fields)}";
        using FieldDictionary expected = Output(item);
        (string given, string wanted) = (Show(fields), Show(expected));
        return given == wanted ? null : $"{name}:\n{given}\nwhere Python has\n{wanted}";
    }

    private static string ShowElements(NDArray array) => array.DType switch
    {
        DType.Float32 => string.Join(' ', array.AsSpan<float>().ToArray()),
        DType.Float64 => string.Join(' ', array.AsSpan<double>().ToArray()),
        DType.Float16 => string.Join(' ', array.AsSpan<Half>().ToArray()),
        _ => Convert.ToHexString(array.Memory.Span),
    };

    private static FieldDictionary ReadFields(JsonElement json)
    {
        FieldDictionary fields = new();
        foreach (JsonProperty field in json.EnumerateObject())
            fields[field.Name] = ReadValue(field.Value, fields);
        return fields;
    }

    private static FieldValue ReadValue(JsonElement json, FieldDictionary fields)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object when json.TryGetProperty("bytes_base64", out JsonElement bytes):
                return new FieldValue.Bytes(bytes.GetBytesFromBase64());
            case JsonValueKind.Object:
                return new FieldValue.Array(fields.Own(ReadArray(json)));
            case JsonValueKind.Array:
                return new FieldValue.List([.. json.EnumerateArray().Select(item => ReadValue(item, fields))]);
            case JsonValueKind.String:
                return new FieldValue.Text(json.GetString()!);
            case JsonValueKind.Number when json.GetRawText().Contains('.'):
                return new FieldValue.Float(json.GetDouble());
            default:
                return new FieldValue.Integer(json.GetInt64());
        }
    }
}
