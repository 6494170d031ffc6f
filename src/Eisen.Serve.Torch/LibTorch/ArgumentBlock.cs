using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// The arguments of one forward in the binding's flat form. Nodes, shapes and strings lie in one block that is measured first:
/// the caller's if it is large enough, else native memory. Tensors are pinned where they are.
/// </summary>
internal unsafe ref struct ArgumentBlock : IDisposable
{
    private readonly byte* own;
    private readonly NativeValue* values;
    private PinnedTensors tensors;
    private int tensorCount;
    private byte* scratch;
    private int written;

    /// <param name="arguments">The arguments.</param>
    /// <param name="small">Memory on the caller's stack, all zeros.</param>
    public ArgumentBlock(ReadOnlySpan<TorchValue> arguments, Span<byte> small)
    {
        long scratchBytes = 0;
        foreach (TorchValue argument in arguments)
            Measure(argument, depth: 0, ref scratchBytes);

        tensors = new PinnedTensors(tensorCount);
        long nodeBytes = (long)ValueCount * sizeof(NativeValue);
        if (nodeBytes + scratchBytes > small.Length)
            own = (byte*)NativeMemory.AllocZeroed(checked((nuint)(nodeBytes + scratchBytes)));
        byte* block = own != null ? own : (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(small));
        values = (NativeValue*)block;
        scratch = block + nodeBytes;
        try
        {
            foreach (TorchValue argument in arguments)
                Write(argument);
        }
        catch
        {
            tensors.Dispose();
            Dispose();
            throw;
        }
    }

    public readonly NativeValue* Values => values;

    public int ValueCount { get; private set; }

    /// <summary>The tensors' memory; whoever takes it disposes it.</summary>
    public readonly PinnedTensors Tensors => tensors;

    /// <summary>Frees the block. The tensors stay pinned.</summary>
    public readonly void Dispose() => NativeMemory.Free(own);

    private void Measure(TorchValue value, int depth, ref long scratchBytes)
    {
        if (depth > TorchValue.MaxDepth)
            throw new TorchException($"The arguments are nested deeper than {TorchValue.MaxDepth} levels.");

        ValueCount = checked(ValueCount + 1);
        switch (value)
        {
            case TorchValue.Tensor { Array.DType: var dtype } when !dtype.IsTensorType:
                throw new TorchException($"libtorch has no tensors of {dtype.TypeName}; of signed integers, uint8 and floats it has.");
            case TorchValue.Tensor tensor:
                tensorCount++;
                scratchBytes += tensor.Array.Shape.Length * sizeof(long);
                break;
            case TorchValue.String text:
                scratchBytes += Aligned(Encoding.UTF8.GetByteCount(text.Text));
                break;
            case TorchValue.List list:
                foreach (TorchValue item in list.Items)
                    Measure(item, depth + 1, ref scratchBytes);
                break;
            case TorchValue.Tuple tuple:
                foreach (TorchValue item in tuple.Items)
                    Measure(item, depth + 1, ref scratchBytes);
                break;
            case TorchValue.Dict dict:
                foreach ((TorchValue key, TorchValue item) in dict.Items)
                {
                    Measure(key, depth + 1, ref scratchBytes);
                    Measure(item, depth + 1, ref scratchBytes);
                }

                break;
        }
    }

    private void Write(TorchValue value)
    {
        ref NativeValue node = ref Values[written++];
        switch (value)
        {
            case TorchValue.None:
                node.Kind = NativeKind.None;
                break;
            case TorchValue.Bool boolean:
                node.Kind = NativeKind.Bool;
                node.Integer = boolean.Truth ? 1 : 0;
                break;
            case TorchValue.Int integer:
                node.Kind = NativeKind.Int;
                node.Integer = integer.Number;
                break;
            case TorchValue.Float real:
                node.Kind = NativeKind.Float;
                node.Real = real.Number;
                break;
            case TorchValue.String text:
                node.Kind = NativeKind.String;
                WriteText(ref node, text.Text);
                break;
            case TorchValue.Tensor tensor:
                node.Kind = NativeKind.Tensor;
                WriteTensor(ref node, tensor.Array);
                break;
            case TorchValue.List list:
                node.Kind = NativeKind.List;
                node.Count = list.Items.Count;
                foreach (TorchValue item in list.Items)
                    Write(item);
                break;
            case TorchValue.Tuple tuple:
                node.Kind = NativeKind.Tuple;
                node.Count = tuple.Items.Count;
                foreach (TorchValue item in tuple.Items)
                    Write(item);
                break;
            case TorchValue.Dict dict:
                node.Kind = NativeKind.Dict;
                node.Count = dict.Items.Count;
                foreach ((TorchValue key, TorchValue item) in dict.Items)
                {
                    Write(key);
                    Write(item);
                }

                break;
            default:
                throw new ArgumentException($"A {value.GetType().Name} cannot be an argument. This is a bug.");
        }
    }

    private void WriteText(ref NativeValue node, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        node.Data = scratch;
        node.Bytes = Encoding.UTF8.GetBytes(text, new Span<byte>(scratch, length));
        scratch += Aligned(length);
    }

    // Rounded up, so that a shape that follows stays aligned.
    private static long Aligned(long length) => (length + 7) & ~7L;

    private void WriteTensor(ref NativeValue node, NDArray array)
    {
        node.DType = (int)array.DType;
        node.Count = array.Shape.Length;
        node.Shape = (long*)scratch;
        array.Shape.CopyTo(new Span<long>(scratch, array.Shape.Length));
        scratch += array.Shape.Length * sizeof(long);

        node.Data = tensors.Pin(array);
        node.Bytes = array.Memory.Length;
    }
}
