using System.Globalization;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Reads one transform's <c>params</c>. Mistakes are collected, so that all of them are told at once; what stands in for
/// a wrong value is good enough to go on with, and never used.
/// </summary>
/// <param name="item">The transform's part of the JSON.</param>
/// <param name="place">Where it stands, for messages.</param>
/// <param name="mistakes">Takes what is wrong.</param>
internal sealed class TransformParameters(JsonElement item, string place, List<string> mistakes)
{
    private const int ShownCharacters = 60;

    // Larger ones would be none of numpy's integers once two have been subtracted.
    private const long LargestInteger = 1L << 62;

    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public void AddMistake(string mistake) => mistakes.Add($"{place}: {mistake}");

    /// <summary>The names of the fields to work on; at least one.</summary>
    public string[] GetFields(string name = "fields")
    {
        if (Require(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(field => field.ValueKind == JsonValueKind.String))
            return [.. value.EnumerateArray().Select(field => field.GetString()!)];
        return Mistaken<string[]>(name, "a list of one or more fields' names", value, []);
    }

    /// <summary>Two lists that belong together, of equal length.</summary>
    public void RequireSameLength(string first, int firstLength, string second, int secondLength)
    {
        if (firstLength != secondLength)
            AddMistake($"'{first}' and '{second}' must be equally long, not {firstLength} and {secondLength}");
    }

    public string GetText(string name)
    {
        if (Require(name) is not { } value)
            return "";
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : Mistaken(name, "a text", value, "");
    }

    public string? GetOptionalText(string name) => Find(name) is { ValueKind: not JsonValueKind.Null } ? GetText(name) : null;

    public string GetChoice(string name, string otherwise, params string[] choices)
    {
        if (Find(name) is not { } value)
            return otherwise;
        if (value.ValueKind == JsonValueKind.String && choices.Contains(value.GetString()))
            return value.GetString()!;
        return Mistaken(name, $"one of {string.Join(", ", choices.Select(choice => $"'{choice}'"))}", value, otherwise);
    }

    public bool GetFlag(string name, bool otherwise)
    {
        if (Find(name) is not { } value)
            return otherwise;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Mistaken(name, "true or false", value, otherwise);
    }

    public PythonNumber GetNumber(string name, PythonNumber? otherwise = null)
    {
        JsonElement? given = otherwise is null ? Require(name) : Find(name);
        if (given is not { } value)
            return otherwise ?? 1;
        return TryGetNumber(value, out PythonNumber number) ? number : Mistaken(name, "a number", value, otherwise ?? 1);
    }

    public PythonNumber[] GetNumbers(string name)
    {
        if (Require(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(item => TryGetNumber(item, out _)))
        {
            return [.. value.EnumerateArray().Select(item =>
            {
                TryGetNumber(item, out PythonNumber number);
                return number;
            })];
        }

        return Mistaken<PythonNumber[]>(name, "a list of one or more numbers", value, []);
    }

    /// <summary>Whole numbers from 1 on.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="count">How many there must be; null for any number up to <paramref name="most"/>.</param>
    /// <param name="most">How many there may be.</param>
    public long[] GetSizes(string name, int? count, int most)
    {
        if (Require(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most && (count is null || value.GetArrayLength() == count)
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long size) && size is > 0 and <= int.MaxValue))
        {
            return [.. value.EnumerateArray().Select(item => item.GetInt64())];
        }

        return Mistaken<long[]>(name, $"a list of {(count is null ? $"at most {most}" : count)} whole numbers above 0", value, []);
    }

    /// <summary>The values of a list, whatever they are.</summary>
    public FieldValue[] GetValues(string name)
    {
        if (Require(name) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            return Mistaken<FieldValue[]>(name, "a list", value, []);
        return [.. value.EnumerateArray().Select(item => ToField(name, item))];
    }

    /// <summary>A parameter that only its transform understands; JSON's null is as good as none.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="otherwise">What it is when it is not given.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="wanted">What would be right.</param>
    public T GetOptional<T>(string name, T otherwise, TryRead<T> read, string wanted)
    {
        if (Find(name) is not { ValueKind: not JsonValueKind.Null } value)
            return otherwise;
        return read(value, out T found) ? found : Mistaken(name, wanted, value, otherwise);
    }

    /// <summary>Ends the reading: what has not been asked for by now is no parameter of this transform.</summary>
    public void RefuseUnknown()
    {
        if (!item.TryGetProperty("params", out JsonElement parameters))
            return;
        if (parameters.ValueKind != JsonValueKind.Object)
        {
            AddMistake($"\"params\" must be an object, not {Shown(parameters)}");
            return;
        }

        foreach (string name in parameters.EnumerateObject().Select(parameter => parameter.Name).Where(name => !known.Contains(name)))
        {
            string meant = Nearest.DidYouMean(name, known);
            AddMistake($"there is no parameter {PrintableText.Quoted(name)}{(meant.Length > 0 ? meant : $"; there are {string.Join(", ", known.Order(StringComparer.Ordinal))}")}");
        }
    }

    /// <summary>Reads a number, as Python would.</summary>
    /// <returns>Whether it is one that numpy can calculate with.</returns>
    public static bool TryGetNumber(JsonElement value, out PythonNumber number)
    {
        number = default;
        if (value.ValueKind != JsonValueKind.Number)
            return false;
        if (value.GetRawText().AsSpan().IndexOfAny(".eE") >= 0)
        {
            number = value.GetDouble();
            return true;
        }

        if (!value.TryGetInt64(out long integer) || integer is > LargestInteger or < -LargestInteger)
            return false;
        number = new PythonNumber((Int128)integer);
        return true;
    }

    private static string Shown(JsonElement value) => PrintableText.Shortened(value.GetRawText().ReplaceLineEndings(" "), ShownCharacters);

    private FieldValue ToField(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return new FieldValue.Text(value.GetString()!);
            case JsonValueKind.True or JsonValueKind.False:
                return new FieldValue.Bool(value.GetBoolean());
            case JsonValueKind.Array:
                return new FieldValue.List([.. value.EnumerateArray().Select(item => ToField(name, item))]);
            case JsonValueKind.Object:
                return new FieldValue.Map([.. value.EnumerateObject().Select(item => KeyValuePair.Create(item.Name, ToField(name, item.Value)))]);
            case JsonValueKind.Number when value.GetRawText().AsSpan().IndexOfAny(".eE") >= 0:
                return new FieldValue.Float(value.GetDouble());
            case JsonValueKind.Number:
                if (Int128.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 integer)
                    && integer >= long.MinValue && integer <= ulong.MaxValue)
                {
                    return new FieldValue.Integer(integer);
                }

                return Mistaken<FieldValue>(name, "made of numbers from -2^63 to 2^64 - 1", value, FieldValue.None.Instance);
            default:
                return FieldValue.None.Instance;
        }
    }

    private JsonElement? Require(string name)
    {
        if (Find(name) is { } value)
            return value;
        AddMistake($"'{name}' is missing");
        return null;
    }

    private JsonElement? Find(string name)
    {
        known.Add(name);
        return item.TryGetProperty("params", out JsonElement parameters) && parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out JsonElement value)
            ? value
            : null;
    }

    private T Mistaken<T>(string name, string wanted, JsonElement given, T otherwise)
    {
        AddMistake($"'{name}' must be {wanted}, not {Shown(given)}");
        return otherwise;
    }
}
