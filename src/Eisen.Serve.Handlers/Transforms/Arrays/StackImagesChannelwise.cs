using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Puts the arrays of several fields together into one more field: along a new first dimension, or along the first that
/// they have. Different dtypes become the one that numpy promotes them to.
/// </summary>
/// <param name="names">The fields' names.</param>
/// <param name="destination">The name of the field that the result goes to.</param>
/// <param name="createsDimension">Whether there is a new dimension. The arrays then have equal shapes, else equal ones but
/// for the first dimension.</param>
internal sealed class StackImagesChannelwise(string[] names, string destination, bool createsDimension) : IFieldTransform
{
    public static StackImagesChannelwise Read(TransformParameters parameters) => new(
        parameters.GetFields(), parameters.GetText("dst_field"), parameters.GetFlag("create_new_dim", otherwise: true));

    public void Apply(FieldDictionary fields)
    {
        FieldArray[] sources = [.. names.Select(name => fields.RequireArray(nameof(StackImagesChannelwise), name))];
        FieldArray first = sources[0];
        foreach (FieldArray source in sources)
            RequireMatch(first, source);

        DType dtype = first.Array.DType;
        if (sources.Any(source => source.Array.DType != dtype))
            dtype = NumpyPromotion.Promote([.. sources.Select(source => source.NumericType())]).DType;
        long[] shape = createsDimension
            ? [sources.Length, .. first.Array.Shape]
            : [sources.Sum(source => source.Array.Shape[0]), .. first.Array.Shape[1..]];

        NDArray result = first.Allocate(dtype, shape);
        Span<byte> rest = result.Memory.Span;
        foreach (NDArray array in sources.Select(source => source.Array))
        {
            Span<byte> part = rest[..(array.ElementCount * dtype.ItemSize)];
            if (array.DType == dtype)
                array.Memory.Span.CopyTo(part);
            else if (ElementTypes.TryOf(array.DType, out ElementType from) && ElementTypes.TryOf(dtype, out ElementType to))
                ElementTypes.Convert(from, array.Memory.Span, to, part);
            rest = rest[part.Length..];
        }

        fields[destination] = new FieldValue.Array(result);
    }

    private void RequireMatch(FieldArray first, FieldArray other)
    {
        ReadOnlySpan<long> wanted = first.Array.Shape;
        ReadOnlySpan<long> given = other.Array.Shape;
        if (createsDimension)
        {
            if (!given.SequenceEqual(wanted))
                throw other.Mistake($"is {other.Array}; to be stacked it must have the shape of {PrintableText.Quoted(first.Field)}, [{string.Join(", ", wanted.ToArray())}]");
        }
        else if (given.IsEmpty)
        {
            throw other.Mistake($"is {other.Array}; to be concatenated it needs a dimension");
        }
        else if (given.Length != wanted.Length || !given[1..].SequenceEqual(wanted[1..]))
        {
            throw other.Mistake($"is {other.Array}; to be concatenated it must have the shape of {PrintableText.Quoted(first.Field)}, "
                + $"[{string.Join(", ", wanted.ToArray())}], but for the first dimension");
        }
    }
}
