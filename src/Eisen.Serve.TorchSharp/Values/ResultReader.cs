using System.Runtime.CompilerServices;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;
using Eisen.Serve.TorchSharp.Scripts;
using TorchSharp;

namespace Eisen.Serve.TorchSharp.Values;

/// <summary>Reads what TorchSharp gives for a returned value. The module's declared type tells what the objects alone do not: a tuple
/// of more than five tensors comes as an array, as a list does, and a tuple of one as its item.</summary>
internal sealed class ResultReader
{
    private const int LongestMixedTuple = 5;

    private readonly ResultTensors tensors = new();

    private ResultReader()
    {
    }

    /// <summary>Why TorchSharp cannot give a value of a type; null when it can.</summary>
    public static string? WhyNot(ScriptType type) => type.Name switch
    {
        "Tensor" or "int" or "float" or "bool" or "NoneType" or "None" => null,
        "Optional" or "List" => WhyNot(type.Arguments[0]),
        // It comes as an array of numbers, some of which are pointers to tensors.
        "Tuple" when type.Arguments.Count > LongestMixedTuple && !IsOfOneKind(type.Arguments) => $"it has tuples of at most {LongestMixedTuple} items of different kinds",
        "Tuple" => type.Arguments.Select(WhyNot).FirstOrDefault(reason => reason is not null),
        "str" => "it has no strings",
        "Dict" => "it has no dictionaries",
        _ => $"it has no {type.Name}",
    };

    /// <summary>Reads a value.</summary>
    /// <param name="value">What TorchSharp returned; its tensors become the result's.</param>
    /// <param name="type">The type that forward declares.</param>
    /// <exception cref="TorchException">A tensor cannot be an array.</exception>
    public static ForwardResult Read(object? value, ScriptType type)
    {
        ResultReader reader = new();
        try
        {
            reader.Own(value);
            return new ForwardResult(reader.Value(value, type), reader.tensors);
        }
        catch
        {
            reader.tensors.Dispose();
            throw;
        }
    }

    private static bool IsOfOneKind(IReadOnlyList<ScriptType> types) =>
        types.All(type => type.Name == "Tensor") || types.All(type => type.Name is "int" or "float" or "bool");

    // All of them first, so that none is left when one cannot be read.
    private void Own(object? value)
    {
        if (value is torch.Tensor tensor)
            tensors.Keep(tensor);
        else if (value is not null and not Scalar)
            Array.ForEach(Items(value), Own);
    }

    private static object?[] Items(object value) => value switch
    {
        ITuple tuple => [.. Enumerable.Range(0, tuple.Length).Select(i => tuple[i])],
        object?[] array => array,
        _ => throw new InvalidOperationException($"TorchSharp returned a {value.GetType().Name}. This is a bug."),
    };

    private TorchValue Value(object? value, ScriptType type) => value switch
    {
        null => TorchValue.None.Instance,
        _ when type.Name == "Optional" => Value(value, type.Arguments[0]),
        _ when type is { Name: "Tuple", Arguments: [ScriptType only] } => new TorchValue.Tuple([Value(value, only)]),
        _ when type.Name == "Tuple" => new TorchValue.Tuple([.. Items(value).Zip(type.Arguments, Value)]),
        _ when type.Name == "List" => new TorchValue.List([.. Items(value).Select(item => Value(item, type.Arguments[0]))]),
        torch.Tensor tensor => Tensor(tensor),
        Scalar scalar => Number(scalar),
        _ => throw new InvalidOperationException($"TorchSharp returned a {value.GetType().Name} for {type}. This is a bug."),
    };

    private TorchValue Tensor(torch.Tensor given)
    {
        // A tensor that is not defined.
        if (given.IsInvalid)
            return TorchValue.None.Instance;
        if (given.is_sparse || TensorTypes.Of(given.dtype) is not { } dtype)
        {
            string what = given.is_sparse ? "a sparse layout" : $"dtype {given.dtype}";
            throw new TorchException($"The module returned a tensor of {what}, which cannot be sent: convert it, for example with .to(torch.float32) or .to_dense().");
        }

        torch.Tensor tensor = given.device_type == DeviceType.CPU ? given : tensors.Keep(given.cpu());
        if (tensor.is_neg())
            tensor = tensors.Keep(tensor.resolve_neg());
        if (!tensor.is_contiguous())
            tensor = tensors.Keep(tensor.contiguous());
        long bytes = tensor.numel() * dtype.ItemSize;
        if (bytes > Array.MaxLength)
            throw new TorchException($"The module returned a tensor of {bytes} bytes; at most {Array.MaxLength} can be handled.");
        return new TorchValue.Tensor(NDArray.Wrap(dtype, tensor.shape, new TensorMemory(tensors, tensor).Memory));
    }

    private static TorchValue Number(Scalar scalar)
    {
        using (scalar)
        {
            return scalar.Type switch
            {
                torch.ScalarType.Int64 => new TorchValue.Int(scalar.ToInt64()),
                torch.ScalarType.Float64 => new TorchValue.Float(scalar.ToDouble()),
                torch.ScalarType.Bool => new TorchValue.Bool(scalar.ToBoolean()),
                _ => throw new TorchException($"The module returned a number of type {scalar.Type}, which cannot be sent."),
            };
        }
    }
}
