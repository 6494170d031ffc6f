using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Sets values on one side of a threshold to 1 and the others to 0; the dtype stays.</summary>
/// <param name="names">The fields' names.</param>
/// <param name="comparison">How a value must compare with the threshold to become 1.</param>
/// <param name="threshold">The threshold.</param>
internal sealed class ThresholdValues(string[] names, ArithmeticOperation comparison, PythonNumber threshold) : ArrayTransform(nameof(ThresholdValues), names)
{
    private static readonly OrderedDictionary<string, ArithmeticOperation> Directions = new(StringComparer.Ordinal)
    {
        ["greater"] = ArithmeticOperation.IsGreater,
        ["smaller"] = ArithmeticOperation.IsSmaller,
        ["greater/equal"] = ArithmeticOperation.IsGreaterOrEqual,
        ["smaller/equal"] = ArithmeticOperation.IsSmallerOrEqual,
    };

    public static ThresholdValues Read(TransformParameters parameters) => new(
        parameters.GetFields(), Directions[parameters.GetChoice("direction", "greater", [.. Directions.Keys])], parameters.GetNumber("threshold"));

    protected override NDArray Transform(FieldArray source)
    {
        ElementType type = source.NumericType();
        return source.Calculate(
            new ArithmeticStep(comparison, threshold, NumpyPromotion.With(type, source.Array.Shape.Length, threshold)),
            ArithmeticStep.Convert(type));
    }
}
