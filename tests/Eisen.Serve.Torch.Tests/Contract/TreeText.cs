using System.Globalization;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Writes a tree of values as one line, so that a test can say what it expects: <c>{'a': float32[2](1 2)}</c>.</summary>
internal static class TreeText
{
    public static string Of(TorchValue value) => value switch
    {
        TorchValue.None => "None",
        TorchValue.Bool boolean => boolean.Truth ? "True" : "False",
        TorchValue.Int integer => integer.Number.ToString(CultureInfo.InvariantCulture),
        TorchValue.Float real => $"{Of(real.Number)}f",
        TorchValue.String text => $"'{text.Text}'",
        TorchValue.Tensor tensor => $"{tensor.Array}({Elements(tensor.Array)})",
        TorchValue.List list => $"[{string.Join(", ", list.Items.Select(Of))}]",
        TorchValue.Tuple tuple => $"({string.Join(", ", tuple.Items.Select(Of))})",
        TorchValue.Dict dict => $"{{{string.Join(", ", dict.Items.Select(pair => $"{Of(pair.Key)}: {Of(pair.Value)}"))}}}",
        _ => throw new InvalidOperationException($"No text for a {value.GetType().Name}."),
    };

    private static string Of(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static string Elements(NDArray array)
    {
        StringBuilder text = new();
        switch (array.DType)
        {
            case DType.Float32:
                foreach (float element in array.AsSpan<float>())
                    text.Append(CultureInfo.InvariantCulture, $" {element}");
                break;
            case DType.Int64:
                foreach (long element in array.AsSpan<long>())
                    text.Append(CultureInfo.InvariantCulture, $" {element}");
                break;
            default:
                throw new InvalidOperationException($"No text for the elements of a {array}.");
        }

        return text.Length > 0 ? text.ToString(1, text.Length - 1) : "";
    }
}
