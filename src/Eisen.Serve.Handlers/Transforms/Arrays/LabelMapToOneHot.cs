using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Makes of an array of labels a float32 array with one channel for each class, in front: 1 where the label is the
/// class, 0 elsewhere. The labels' dimensions of length 1 go before.
/// </summary>
/// <param name="names">The fields' names.</param>
/// <param name="classes">The classes' labels.</param>
internal sealed class LabelMapToOneHot(string[] names, PythonNumber[] classes) : ArrayTransform(nameof(LabelMapToOneHot), names)
{
    public static LabelMapToOneHot Read(TransformParameters parameters) => new(parameters.GetFields(), parameters.GetNumbers("classes"));

    protected override NDArray Transform(FieldArray source)
    {
        ElementType type = source.NumericType();
        long[] squeezed = [.. source.Array.Shape.ToArray().Where(length => length != 1)];
        NDArray result = source.Allocate(DType.Float32, [classes.Length, .. squeezed]);
        int channelBytes = result.Memory.Length / classes.Length;
        for (int i = 0; i < classes.Length; i++)
        {
            ArithmeticStep comparison = new(ArithmeticOperation.IsEqual, classes[i], NumpyPromotion.With(type, squeezed.Length, classes[i]));
            Arithmetic.Run(type, source.Array.Memory.Span, [comparison, ArithmeticStep.Convert(ElementType.Float32)], result.Memory.Span.Slice(i * channelBytes, channelBytes));
        }

        return result;
    }
}
