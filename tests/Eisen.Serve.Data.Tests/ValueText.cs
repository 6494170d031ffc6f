using System.Globalization;

namespace Eisen.Serve.Data.Tests;

/// <summary>A tree of values as a text, so that two can be compared and a difference be read.</summary>
internal static class ValueText
{
    public static string Of(FieldDictionary fields) => Of(new FieldValue.Map(fields.Fields));

    public static string Of(FieldValue value) => value switch
    {
        FieldValue.Array array => $"{array.Elements}({Convert.ToHexString(array.Elements.Memory.Span)})",
        FieldValue.Text text => $"\"{text.Content}\"",
        FieldValue.Bytes bytes => $"bytes({Convert.ToHexString(bytes.Content.Span)})",
        FieldValue.Integer integer => integer.Number.ToString(CultureInfo.InvariantCulture),
        FieldValue.Float real => real.Number.ToString("F1", CultureInfo.InvariantCulture),
        FieldValue.Bool truth => truth.Truth ? "true" : "false",
        FieldValue.List list => $"[{string.Join(", ", list.Items.Select(Of))}]",
        FieldValue.Map map => $"{{{string.Join(", ", map.Items.Select(item => $"{item.Key}: {Of(item.Value)}"))}}}",
        _ => "none",
    };
}
