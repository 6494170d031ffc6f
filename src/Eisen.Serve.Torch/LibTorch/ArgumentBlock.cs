using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.LibTorch;

/// <summary>
/// The arguments of one forward in the binding's flat form. Nodes, shapes and strings lie in one native block that is
/// measured first; tensors are pinned where they are.
/// </summary>
internal sealed unsafe class ArgumentBlock : IDisposable
{
    // Most calls have one tensor: the others alone need an array.
    private readonly MemoryHandle[] otherPins = [];
    private MemoryHandle firstPin;
    private int tensorCount;
    private int pinned;
    private byte* block;
    private byte* scratch;
    private int written;

    public ArgumentBlock(ReadOnlySpan<TorchValue> arguments)
    {
        long scratchBytes = 0;
        foreach (TorchValue argument in arguments)
            Measure(argument, depth: 0, ref scratchBytes);

        if (tensorCount > 1)
            otherPins = new MemoryHandle[tensorCount - 1];
        long nodeBytes = (long)ValueCount * sizeof(NativeValue);
        block = (byte*)NativeMemory.AllocZeroed(checked((nuint)(nodeBytes + scratchBytes)));
        scratch = block + nodeBytes;
        try
        {
            foreach (TorchValue argument in arguments)
                Write(argument);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public NativeValue* Values => (NativeValue*)block;

    public int ValueCount { get; private set; }

    /// <summary>Frees the block and lets go of the tensors' memory.</summary>
    public void Dispose()
    {
        firstPin.Dispose();
        for (int i = 0; i < pinned - 1; i++)
            otherPins[i].Dispose();
        pinned = 0;
        NativeMemory.Free(block);
        block = null;
    }

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

        MemoryHandle pin = array.Memory.Pin();
        if (pinned == 0)
            firstPin = pin;
        else
            otherPins[pinned - 1] = pin;
        pinned++;
        node.Data = pin.Pointer;
        node.Bytes = array.Memory.Length;
    }
}
