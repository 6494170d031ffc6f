using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>The least of some elements, and how far the greatest is above it.</summary>
/// <param name="Minimum">The least element; not a number when one of them is not.</param>
/// <param name="Width">The greatest minus the least in the elements' own type, where integers wrap around as numpy's do.</param>
internal readonly record struct ValueRange(PythonNumber Minimum, PythonNumber Width)
{
    // Both passes over a part find it in the cache.
    private const int BytesAtOnce = 1 << 15;

    /// <summary>Finds the range of at least one element.</summary>
    public static ValueRange Of(ElementType type, ReadOnlySpan<byte> elements)
    {
        Finder finder = new(type.IsFloat, elements);
        ElementTypes.Dispatch(type, ref finder);
        return finder.Found;
    }

    private ref struct Finder(bool isFloat, ReadOnlySpan<byte> elements) : IElementVisitor
    {
        private readonly ReadOnlySpan<byte> elements = elements;

        public ValueRange Found { get; private set; }

        public void Visit<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(elements);
            T least = values[0];
            T greatest = least;
            while (!values.IsEmpty)
            {
                ReadOnlySpan<T> part = values[..Math.Min(values.Length, BytesAtOnce / sizeof(double))];
                least = T.Min(least, TensorPrimitives.Min(part));
                greatest = T.Max(greatest, TensorPrimitives.Max(part));
                values = values[part.Length..];
            }

            Found = new ValueRange(ToNumber(least), ToNumber(greatest - least));
        }

        private readonly PythonNumber ToNumber<T>(T value)
            where T : INumber<T> => isFloat ? new(double.CreateTruncating(value)) : new(Int128.CreateTruncating(value));
    }
}
