using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Subtracts a mean and divides by a standard deviation; integers and truth values become float64.</summary>
/// <param name="names">The fields' names.</param>
/// <param name="mean">The mean.</param>
/// <param name="deviation">The standard deviation, not 0.</param>
internal sealed class FixedMeanStdNormalization(string[] names, PythonNumber mean, PythonNumber deviation)
    : ArrayTransform(nameof(FixedMeanStdNormalization), names)
{
    public static FixedMeanStdNormalization Read(TransformParameters parameters)
    {
        PythonNumber deviation = parameters.GetNumber("std");
        if (deviation.Real == 0)
            parameters.AddMistake("'std' must not be 0");
        return new FixedMeanStdNormalization(parameters.GetFields(), parameters.GetNumber("mean"), deviation);
    }

    protected override NDArray Transform(FieldArray source)
    {
        int dimensions = source.Array.Shape.Length;
        ElementType difference = NumpyPromotion.With(source.NumericType(), dimensions, mean);
        return source.Calculate(
            new ArithmeticStep(ArithmeticOperation.Subtract, mean, difference),
            new ArithmeticStep(ArithmeticOperation.Divide, deviation, NumpyPromotion.Quotient(difference, dimensions, deviation)));
    }
}
