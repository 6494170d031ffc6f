using System.Text.Json;
using System.Text.Json.Nodes;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Reads a handler's parameters, wherever they were set. Mistakes are collected, so that all of them are told at once;
/// a parameter that no handler of ours knows is only warned of, as archives carry settings of their own.
/// </summary>
internal sealed class HandlerParameters(HandlerContext context)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<string> mistakes = [];

    public void AddMistake(string mistake) => mistakes.Add(mistake);

    public int GetInt(string name, int otherwise, int minimum, int maximum)
    {
        if (Find(name) is not { } node)
            return otherwise;
        if (node is JsonValue value && value.TryGetValue(out long number) && number >= minimum && number <= maximum)
            return (int)number;
        return Mistaken(name, $"a whole number from {minimum} to {maximum}", node, otherwise);
    }

    public double GetNumber(string name, double otherwise, double minimum, double maximum)
    {
        if (Find(name) is not { } node)
            return otherwise;
        if (node is JsonValue value && (value.TryGetValue(out double number) || (value.TryGetValue(out long whole) && (number = whole) == whole)) && number >= minimum && number <= maximum)
            return number;
        return Mistaken(name, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"), node, otherwise);
    }

    public string GetText(string name, string otherwise, string wanted, Predicate<string> isRight)
    {
        if (Find(name) is not { } node)
            return otherwise;
        if (node is JsonValue value && value.TryGetValue(out string? text) && isRight(text))
            return text;
        return Mistaken(name, wanted, node, otherwise);
    }

    public float[]? GetNumbers(string name)
    {
        if (Find(name) is not { } node)
            return null;
        if (node is JsonArray array && array.All(item => item?.GetValueKind() == JsonValueKind.Number))
            return [.. array.Select(item => (float)item!.GetValue<double>())];
        return Mistaken<float[]?>(name, "a list of numbers", node, null);
    }

    /// <summary>A picture's size in pixels: one number, or a height and a width.</summary>
    public int[]? GetSize(string name)
    {
        if (Find(name) is not { } node)
            return null;
        JsonNode?[] numbers = node is JsonArray array ? [.. array] : [node];
        if (numbers.Length is 1 or 2 && numbers.All(item => item is JsonValue value && value.TryGetValue(out long number) && number is > 0 and <= int.MaxValue))
            return [.. numbers.Select(item => (int)item!.GetValue<long>())];
        return Mistaken<int[]?>(name, "a whole number above 0, or a list of two, height and width", node, null);
    }

    /// <summary>One number for all axes of something, or one for each of up to so many.</summary>
    public int[]? GetPerAxis(string name, int mostAxes)
    {
        if (Find(name) is not { } node)
            return null;
        JsonNode?[] numbers = node is JsonArray array ? [.. array] : [node];
        if (numbers.Length >= 1 && numbers.Length <= mostAxes && numbers.All(item => item is JsonValue value && value.TryGetValue(out long number) && number is > 0 and <= int.MaxValue))
            return [.. numbers.Select(item => (int)item!.GetValue<long>())];
        return Mistaken<int[]?>(name, $"a whole number above 0, or a list of up to {mostAxes}, one an axis", node, null);
    }

    public long[]? GetShape(string name, int maximumDimensions)
    {
        if (Find(name) is not { } node)
            return null;
        if (node is JsonArray array && array.Count <= maximumDimensions
            && array.All(item => item is JsonValue value && value.TryGetValue(out long dimension) && dimension is > 0 and <= int.MaxValue))
            return [.. array.Select(item => item!.GetValue<long>())];
        return Mistaken<long[]?>(name, $"a list of at most {maximumDimensions} whole numbers above 0", node, null);
    }

    /// <summary>The <c>dtype</c> of a handler's input, and its usual <c>input_shape</c>, null when that is not told.</summary>
    public (DType DType, long[]? Shape) GetInput(Func<DType, bool> supports, int maximumDimensions)
    {
        string name = GetText("dtype", "float32", "a dtype such as float32 or int64", text => DTypeExtensions.TryParse(text, out DType found) && supports(found));
        DTypeExtensions.TryParse(name, out DType dtype);
        long[]? shape = GetShape("input_shape", maximumDimensions);
        if (shape is not null && !NDArray.Fits(dtype, shape))
            AddMistake("handler.input_shape is larger than 2 GiB");
        return (dtype, shape);
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="HandlerConfigurationException">Something was wrong.</exception>
    public void RequireCorrect()
    {
        foreach (string name in context.Parameters.Select(parameter => parameter.Key).Where(name => !known.Contains(name)))
            HandlerLog.UnknownParameter(context.Logger, context.ModelName, name, string.Join(", ", known.Order(StringComparer.Ordinal)));
        if (mistakes.Count > 0)
            throw new HandlerConfigurationException(string.Join("; ", mistakes));
    }

    private JsonNode? Find(string name)
    {
        known.Add(name);
        return context.Parameters[name];
    }

    private T Mistaken<T>(string name, string wanted, JsonNode given, T otherwise)
    {
        string text = given.ToJsonString();
        mistakes.Add($"handler.{name} must be {wanted}, not {(text.Length > 60 ? text[..60] + "..." : text)}");
        return otherwise;
    }
}
