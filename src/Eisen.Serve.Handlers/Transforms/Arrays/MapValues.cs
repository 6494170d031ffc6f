using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Maps an array's values, from their least to their greatest, to a range. Integers become float64; channel by channel
/// (along the first dimension) an array keeps its dtype, as the original calculates in place there.
/// </summary>
/// <param name="names">The fields' names.</param>
/// <param name="minimum">What the least value becomes.</param>
/// <param name="maximum">What the greatest becomes, nearly.</param>
/// <param name="channelwise">Whether each channel is mapped by its own values.</param>
internal sealed class MapValues(string[] names, PythonNumber minimum, PythonNumber maximum, bool channelwise) : ArrayTransform(nameof(MapValues), names)
{
    // Added to the width of the values, which may be 0.
    private const double Epsilon = 1e-5;

    private readonly PythonNumber width = maximum - minimum;

    public static MapValues Read(TransformParameters parameters) => new(
        parameters.GetFields(), parameters.GetNumber("min_value", 0), parameters.GetNumber("max_value", 1), parameters.GetFlag("channelwise", otherwise: false));

    protected override NDArray Transform(FieldArray source)
    {
        ElementType type = source.NumericType();
        if (type == ElementType.Bool)
            throw source.Mistake($"is {source.Array}; numpy does not subtract truth values, but numbers");
        return channelwise ? MapChannels(source, type) : MapWhole(source, type);
    }

    private NDArray MapWhole(FieldArray source, ElementType type)
    {
        int dimensions = source.Array.Shape.Length;
        ReadOnlySpan<byte> elements = source.Array.Memory.Span;
        if (elements.IsEmpty)
            throw source.Mistake($"is {source.Array}; without elements there is no least one");

        (ArithmeticStep subtraction, ArithmeticStep division) = ToUnit(type, dimensions, elements);
        ElementType result = division.Type;
        (ArithmeticStep multiplication, ArithmeticStep addition) = ToRange(result, dimensions);
        return source.Calculate(subtraction, division, multiplication, ArithmeticStep.Convert(result), addition, ArithmeticStep.Convert(result));
    }

    private NDArray MapChannels(FieldArray source, ElementType type)
    {
        NDArray array = source.Array;
        if (array.Shape.IsEmpty)
            throw source.Mistake($"is {array}; channelwise it needs a dimension of channels");
        if (array.ElementCount == 0 && array.Shape[0] > 0)
            throw source.Mistake($"is {array}; without elements there is no least one");

        (ArithmeticStep multiplication, ArithmeticStep addition) = ToRange(type, array.Shape.Length);
        if (!NumpyPromotion.IsSameKind(multiplication.Type, type) || !NumpyPromotion.IsSameKind(addition.Type, type))
            throw source.Mistake($"is {array}, which stays {array.DType.TypeName} channelwise; so it cannot be multiplied by {width} and increased by {minimum}: make it float32 before");

        NDArray result = source.Allocate(array.DType, array.Shape);
        ReadOnlySpan<byte> from = array.Memory.Span;
        Span<byte> to = result.Memory.Span;
        for (int channel = 0, length = from.Length / (int)Math.Max(array.Shape[0], 1); channel < array.Shape[0]; channel++)
        {
            ReadOnlySpan<byte> elements = from.Slice(channel * length, length);
            (ArithmeticStep subtraction, ArithmeticStep division) = ToUnit(type, array.Shape.Length - 1, elements);
            ArithmeticStep toType = ArithmeticStep.Convert(type);
            Arithmetic.Run(type, elements, [subtraction, division, toType, multiplication, toType, addition, toType], to.Slice(channel * length, length));
        }

        return result;
    }

    private static (ArithmeticStep Subtraction, ArithmeticStep Division) ToUnit(ElementType type, int dimensions, ReadOnlySpan<byte> elements)
    {
        ValueRange range = ValueRange.Of(type, elements);
        PythonNumber divisor = range.Width.Real + Epsilon;
        return (new(ArithmeticOperation.Subtract, range.Minimum, type), new(ArithmeticOperation.Divide, divisor, NumpyPromotion.Quotient(type, dimensions, divisor)));
    }

    private (ArithmeticStep Multiplication, ArithmeticStep Addition) ToRange(ElementType type, int dimensions) => (
        new(ArithmeticOperation.Multiply, width, NumpyPromotion.With(type, dimensions, width)),
        new(ArithmeticOperation.Add, minimum, NumpyPromotion.With(type, dimensions, minimum)));
}
