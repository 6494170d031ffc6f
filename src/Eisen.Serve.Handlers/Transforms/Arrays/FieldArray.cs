using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>An array that a transform works on, and where it came from.</summary>
/// <param name="Fields">The request's fields.</param>
/// <param name="Transform">The transform's name, for messages.</param>
/// <param name="Field">The field's name.</param>
/// <param name="Array">Its array, which is not to be written to.</param>
internal readonly record struct FieldArray(FieldDictionary Fields, string Transform, string Field, NDArray Array)
{
    /// <summary>The most dimensions that numpy's arrays have.</summary>
    public const int MaxDimensions = 32;

    /// <summary>Makes an array, not initialised, that the request's fields own.</summary>
    /// <exception cref="BadInputException">It would be too large.</exception>
    public NDArray Allocate(DType dtype, ReadOnlySpan<long> shape)
    {
        if (shape.Length > MaxDimensions)
            throw Mistake($"would get {shape.Length} dimensions; {MaxDimensions} is the most");
        if (!NDArray.Fits(dtype, shape))
            throw Mistake($"would become {dtype.TypeName}[{string.Join(", ", shape.ToArray())}], more than 2 GiB");
        return Fields.Own(NDArray.Allocate(dtype, shape));
    }

    /// <summary>The type of the elements, for a calculation.</summary>
    /// <exception cref="BadInputException">numpy has no such type.</exception>
    public ElementType NumericType() => ElementTypes.TryOf(Array.DType, out ElementType type)
        ? type
        : throw Mistake($"is {Array}; numpy does not calculate with {Array.DType.TypeName}, but with float32, for example");

    /// <summary>Makes an array by running steps over all elements.</summary>
    /// <exception cref="BadInputException">It would be too large.</exception>
    public NDArray Calculate(params ReadOnlySpan<ArithmeticStep> steps)
    {
        NDArray result = Allocate(steps[^1].Type.DType, Array.Shape);
        Arithmetic.Run(NumericType(), Array.Memory.Span, steps, result.Memory.Span);
        return result;
    }

    /// <summary>Says what is wrong with the field.</summary>
    /// <param name="what">The message's end, after the field's name.</param>
    public BadInputException Mistake(string what) => new($"{Transform}: field {PrintableText.Quoted(Field)} {what}");
}
