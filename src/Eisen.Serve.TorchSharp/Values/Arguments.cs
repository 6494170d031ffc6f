using Eisen.Serve.Data;
using Eisen.Serve.Torch;
using Eisen.Serve.TorchSharp.Scripts;
using TorchSharp;

namespace Eisen.Serve.TorchSharp.Values;

/// <summary>The arguments of one forward as TorchSharp takes them. It owns what it made, and disposes it when the call is over:
/// the garbage collector does not see native memory, and finalizers come late.</summary>
internal sealed class Arguments : IDisposable
{
    private readonly List<IDisposable> made = [];
    private readonly torch.Device? gpu;

    /// <exception cref="TorchException">An argument is one that TorchSharp cannot take.</exception>
    /// <exception cref="ObjectDisposedException">An array has been disposed.</exception>
    public Arguments(ReadOnlySpan<TorchValue> inputs, IReadOnlyList<ScriptType> types, TorchDevice device)
    {
        gpu = device.Type == TorchDeviceType.Cuda ? new torch.Device(DeviceType.CUDA, device.Index) : null;
        Objects = new object?[inputs.Length];
        try
        {
            for (int i = 0; i < inputs.Length; i++)
                Objects[i] = Argument(inputs[i], i < types.Count ? types[i].WithoutOptional : ScriptType.Any);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The arguments in order.</summary>
    public object?[] Objects { get; }

    public void Dispose() => made.ForEach(each => each.Dispose());

    private object? Argument(TorchValue value, ScriptType type) => value switch
    {
        TorchValue.Tensor tensor => Tensor(tensor.Array),
        // As Python does when it calls TorchScript: an int is a float where a float is wanted.
        TorchValue.Int integer => type.Name == "float" ? Number(integer.Number) : Number(integer.Number, isWhole: true),
        TorchValue.Float real => Number(real.Number),
        TorchValue.Bool boolean => boolean.Truth,
        TorchValue.None => null,
        TorchValue.List list => List(list, type),
        TorchValue.String => throw Refusal("a string"),
        TorchValue.Tuple => throw Refusal("a tuple"),
        TorchValue.Dict => throw Refusal("a dictionary"),
        _ => throw new ArgumentException($"A {value.GetType().Name} cannot be an argument. This is a bug."),
    };

    // A number that is given as itself becomes a Scalar that nobody holds, and the garbage collector may free it before it is read.
    private Scalar Number(double number) => Kept(number.ToScalar());

    private Scalar Number(long number, bool isWhole) => isWhole ? Kept(number.ToScalar()) : Number(number);

    private torch.Tensor[] List(TorchValue.List list, ScriptType type)
    {
        // An empty one says nothing of its items, and would be a list of tensors.
        if (type is { Name: "List", Arguments: [{ Name: not "Tensor" }] })
            throw Refusal($"a {type}");
        torch.Tensor[] tensors = new torch.Tensor[list.Items.Count];
        for (int i = 0; i < tensors.Length; i++)
            tensors[i] = list.Items[i] is TorchValue.Tensor item ? Tensor(item.Array) : throw Refusal("a list of anything but tensors");
        return tensors;
    }

    private torch.Tensor Tensor(NDArray array)
    {
        if (TensorTypes.Of(array.DType) is not { } type)
            throw new TorchException($"libtorch has no tensors of {array.DType.TypeName}; of signed integers, uint8 and floats it has.");
        // Made first and written as bytes, one copy: torch.tensor copies element by element, and from_array takes managed arrays only.
        ReadOnlySpan<byte> bytes = array.Memory.Span;
        torch.Tensor tensor = Kept(torch.empty(array.Shape, type));
        bytes.CopyTo(tensor.bytes);
        return gpu is null ? tensor : Kept(tensor.to(gpu));
    }

    private T Kept<T>(T each)
        where T : IDisposable
    {
        made.Add(each);
        return each;
    }

    private static TorchException Refusal(string what) => new($"TorchSharp cannot pass {what} to a module. The libtorch engine can (torch_engine=libtorch).");
}
