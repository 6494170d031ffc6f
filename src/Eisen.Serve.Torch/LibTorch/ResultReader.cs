using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>Reads the tree that a forward returned. The binding bounds its depth.</summary>
internal unsafe ref struct ResultReader
{
    private readonly NativeResult result;
    private readonly ReadOnlySpan<NativeValue> values;
    private int next;

    private ResultReader(NativeResult result)
    {
        this.result = result;
        NativeMethods.GetResultValues(result.Pointer, out NativeValue* nodes, out long count);
        values = new ReadOnlySpan<NativeValue>(nodes, checked((int)count));
    }

    public static TorchValue Read(NativeResult result)
    {
        ResultReader reader = new(result);
        return reader.Next();
    }

    private TorchValue Next()
    {
        ref readonly NativeValue node = ref values[next++];
        return node.Kind switch
        {
            NativeKind.None => TorchValue.None.Instance,
            NativeKind.Bool => new TorchValue.Bool(node.Integer != 0),
            NativeKind.Int => new TorchValue.Int(node.Integer),
            NativeKind.Float => new TorchValue.Float(node.Real),
            NativeKind.String => new TorchValue.String(Encoding.UTF8.GetString((byte*)node.Data, checked((int)node.Bytes))),
            NativeKind.Tensor => new TorchValue.Tensor(Array(node)),
            NativeKind.List => new TorchValue.List(Items(node.Count)),
            NativeKind.Tuple => new TorchValue.Tuple(Items(node.Count)),
            NativeKind.Dict => new TorchValue.Dict(Pairs(node.Count)),
            _ => throw new InvalidOperationException($"The binding returned a value of kind {node.Kind}. This is a bug."),
        };
    }

    private readonly NDArray Array(in NativeValue node)
    {
        if (node.Bytes > System.Array.MaxLength)
            throw new TorchException($"The module returned a tensor of {node.Bytes} bytes; at most {System.Array.MaxLength} can be handled.");

        ResultMemory memory = new(result, node.Data, (int)node.Bytes);
        return NDArray.Wrap((DType)node.DType, new ReadOnlySpan<long>(node.Shape, (int)node.Count), memory.Memory);
    }

    private TorchValue[] Items(long count)
    {
        TorchValue[] items = new TorchValue[count];
        for (int i = 0; i < items.Length; i++)
            items[i] = Next();
        return items;
    }

    private KeyValuePair<TorchValue, TorchValue>[] Pairs(long count)
    {
        KeyValuePair<TorchValue, TorchValue>[] pairs = new KeyValuePair<TorchValue, TorchValue>[count];
        for (int i = 0; i < pairs.Length; i++)
        {
            TorchValue key = Next();
            pairs[i] = new KeyValuePair<TorchValue, TorchValue>(key, Next());
        }

        return pairs;
    }
}
