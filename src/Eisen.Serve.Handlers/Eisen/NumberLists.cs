using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Makes arrays of nested lists of numbers, as <c>numpy.array</c> does.</summary>
internal static class NumberLists
{
    /// <summary>Makes an array: bool of truth values, int64 of integers, float64 of numbers among which are others.</summary>
    /// <returns>An array on the managed heap.</returns>
    /// <exception cref="BadInputException">The lists are ragged, or hold other things.</exception>
    public static NDArray ToArray(FieldValue value)
    {
        List<long> shape = [];
        for (FieldValue at = value; at is FieldValue.List list; at = list.Items[0])
        {
            shape.Add(list.Items.Count);
            if (list.Items.Count == 0)
                break;
            if (shape.Count == NumpyArray.MaxDimensions && list.Items[0] is FieldValue.List)
                throw new BadInputException($"is nested deeper than {NumpyArray.MaxDimensions} lists");
        }

        List<FieldValue> numbers = [];
        Collect(value, shape, depth: 0, numbers);
        if (numbers.Count > 0 && numbers.All(number => number is FieldValue.Bool))
            return Make(DType.Bool, shape, numbers.ConvertAll(number => ((FieldValue.Bool)number).Truth));
        if (numbers.Count > 0 && numbers.All(number => number is FieldValue.Integer { Number: var integer } && integer >= long.MinValue && integer <= long.MaxValue))
            return Make(DType.Int64, shape, numbers.ConvertAll(number => (long)((FieldValue.Integer)number).Number));
        return Make(DType.Float64, shape, numbers.ConvertAll(ToDouble));
    }

    private static void Collect(FieldValue value, List<long> shape, int depth, List<FieldValue> numbers)
    {
        if (depth == shape.Count)
        {
            if (value is not (FieldValue.Bool or FieldValue.Integer or FieldValue.Float))
                throw new BadInputException("must be an array, or nested lists of numbers that are not ragged");
            numbers.Add(value);
            return;
        }

        if (value is not FieldValue.List list || list.Items.Count != shape[depth])
            throw new BadInputException("must be an array, or nested lists of numbers that are not ragged");
        foreach (FieldValue item in list.Items)
            Collect(item, shape, depth + 1, numbers);
    }

    private static double ToDouble(FieldValue value) => value switch
    {
        FieldValue.Float real => real.Number,
        FieldValue.Integer integer => (double)integer.Number,
        FieldValue.Bool truth => truth.Truth ? 1 : 0,
        _ => throw new InvalidOperationException($"A {value.GetType().Name} is no number. This is a bug."),
    };

    private static NDArray Make<T>(DType dtype, List<long> shape, List<T> elements)
        where T : unmanaged =>
        NDArray.Wrap(dtype, shape.ToArray(), System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(elements.ToArray()).ToArray());
}
