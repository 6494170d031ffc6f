using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>What follows from a type of elements alone.</summary>
internal static class ElementTypes
{
    extension(ElementType type)
    {
        /// <summary>Bytes per element.</summary>
        public int ItemSize => type switch
        {
            ElementType.Bool or ElementType.Int8 or ElementType.UInt8 => 1,
            ElementType.Int16 or ElementType.UInt16 or ElementType.Float16 => 2,
            ElementType.Int32 or ElementType.UInt32 or ElementType.Float32 => 4,
            _ => 8,
        };

        public bool IsFloat => type >= ElementType.Float16;

        public bool IsUnsigned => type is ElementType.UInt8 or ElementType.UInt16 or ElementType.UInt32 or ElementType.UInt64;

        /// <summary>The dtype of an array of such elements.</summary>
        /// <exception cref="InvalidOperationException">There are no such arrays. This is a bug: only intermediate numbers have
        /// such types.</exception>
        public DType DType => type switch
        {
            ElementType.Bool => DType.Bool,
            ElementType.Int8 => DType.Int8,
            ElementType.UInt8 => DType.UInt8,
            ElementType.Int16 => DType.Int16,
            ElementType.Int32 => DType.Int32,
            ElementType.Int64 => DType.Int64,
            ElementType.Float16 => DType.Float16,
            ElementType.Float32 => DType.Float32,
            ElementType.Float64 => DType.Float64,
            _ => throw new InvalidOperationException($"There are no arrays of {type}. This is a bug."),
        };
    }

    /// <summary>The type of an array's elements; false for bfloat16, which numpy has not.</summary>
    public static bool TryOf(DType dtype, out ElementType type)
    {
        ElementType? found = dtype switch
        {
            DType.Bool => ElementType.Bool,
            DType.Int8 => ElementType.Int8,
            DType.UInt8 => ElementType.UInt8,
            DType.Int16 => ElementType.Int16,
            DType.Int32 => ElementType.Int32,
            DType.Int64 => ElementType.Int64,
            DType.Float16 => ElementType.Float16,
            DType.Float32 => ElementType.Float32,
            DType.Float64 => ElementType.Float64,
            _ => null,
        };
        type = found ?? default;
        return found is not null;
    }

    /// <summary>Runs a visitor for a type that is known only now.</summary>
    public static void Dispatch<TVisitor>(ElementType type, ref TVisitor visitor)
        where TVisitor : struct, IElementVisitor, allows ref struct
    {
        switch (type)
        {
            case ElementType.Bool or ElementType.UInt8:
                visitor.Visit<byte>();
                break;
            case ElementType.Int8:
                visitor.Visit<sbyte>();
                break;
            case ElementType.Int16:
                visitor.Visit<short>();
                break;
            case ElementType.UInt16:
                visitor.Visit<ushort>();
                break;
            case ElementType.Int32:
                visitor.Visit<int>();
                break;
            case ElementType.UInt32:
                visitor.Visit<uint>();
                break;
            case ElementType.Int64:
                visitor.Visit<long>();
                break;
            case ElementType.UInt64:
                visitor.Visit<ulong>();
                break;
            case ElementType.Float16:
                visitor.Visit<Half>();
                break;
            case ElementType.Float32:
                visitor.Visit<float>();
                break;
            case ElementType.Float64:
                visitor.Visit<double>();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "No such type of elements.");
        }
    }

    /// <summary>Converts elements as C's casts do: fractions are cut, integers keep their low bits.
    /// A float that is outside an integer's range, of which C says nothing, becomes the nearest that is inside.</summary>
    public static void Convert(ElementType from, ReadOnlySpan<byte> source, ElementType to, Span<byte> destination)
    {
        if (from == to)
        {
            source.CopyTo(destination);
            return;
        }

        ToAny any = new(from, source, destination);
        Dispatch(to, ref any);
    }

    private readonly ref struct ToAny(ElementType from, ReadOnlySpan<byte> source, Span<byte> destination) : IElementVisitor
    {
        private readonly ReadOnlySpan<byte> source = source;
        private readonly Span<byte> destination = destination;

        public void Visit<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            FromAny<T> any = new(source, MemoryMarshal.Cast<byte, T>(destination));
            Dispatch(from, ref any);
        }
    }

    private readonly ref struct FromAny<TTo>(ReadOnlySpan<byte> source, Span<TTo> destination) : IElementVisitor
        where TTo : unmanaged, INumber<TTo>, IMinMaxValue<TTo>
    {
        private readonly ReadOnlySpan<byte> source = source;
        private readonly Span<TTo> destination = destination;

        public void Visit<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T> =>
            TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, T>(source), destination);
    }
}
