using System.Text.Json;

namespace Eisen.Serve.Handlers;

/// <summary>Writes arrays as nested JSON lists.</summary>
internal static class NestedLists
{
    /// <summary>Writes an array; one without dimensions is its element alone.</summary>
    /// <param name="json">The document.</param>
    /// <param name="elements">The elements in row-major order; more may follow.</param>
    /// <param name="shape">The array's shape.</param>
    /// <param name="isItem">Whether it stands in a list itself.</param>
    /// <param name="write">Writes one element, and is told whether that is an item of a list.</param>
    public static void Write<T>(Utf8JsonWriter json, ReadOnlySpan<T> elements, ReadOnlySpan<long> shape, bool isItem, Action<Utf8JsonWriter, T, bool> write)
    {
        int next = 0;
        Write(json, elements, shape, ref next, isItem, write);
    }

    private static void Write<T>(Utf8JsonWriter json, ReadOnlySpan<T> elements, ReadOnlySpan<long> shape, ref int next, bool isItem, Action<Utf8JsonWriter, T, bool> write)
    {
        if (shape.IsEmpty)
        {
            write(json, elements[next++], isItem);
            return;
        }

        json.WriteStartArray();
        for (long i = 0; i < shape[0]; i++)
            Write(json, elements, shape[1..], ref next, isItem: true, write);
        json.WriteEndArray();
    }
}
