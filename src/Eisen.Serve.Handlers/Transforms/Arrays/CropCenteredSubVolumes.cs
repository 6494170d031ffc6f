using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Brings an array's last three dimensions to a size: what is longer loses both ends, what is shorter gets zeros around.
/// Beside the field it tells by how much, along all dimensions: <c>_src</c> what was cut, as numbers below 0, and <c>_dst</c>
/// what was added.
/// </summary>
/// <param name="names">The fields' names.</param>
/// <param name="size">Three lengths.</param>
internal sealed class CropCenteredSubVolumes(string[] names, long[] size) : IFieldTransform
{
    public static CropCenteredSubVolumes Read(TransformParameters parameters) =>
        new(parameters.GetFields(), parameters.GetSizes("size", count: 3, most: 3));

    public void Apply(FieldDictionary fields)
    {
        foreach (string name in names)
        {
            FieldArray source = fields.RequireArray(nameof(CropCenteredSubVolumes), name);
            ReadOnlySpan<long> shape = source.Array.Shape;
            if (shape.Length < size.Length)
                throw source.Mistake($"is {source.Array}; it must have at least three dimensions");

            long[] newShape = [.. shape[..^size.Length], .. size];
            long[] cut = new long[shape.Length];
            long[] added = new long[shape.Length];
            for (int i = 0; i < shape.Length; i++)
            {
                cut[i] = Math.Min(newShape[i] - shape[i], 0);
                added[i] = Math.Max(newShape[i] - shape[i], 0);
            }

            fields[name] = new FieldValue.Array(Resize(source, newShape, cut, added));
            fields[name + "_src"] = ToList(cut);
            fields[name + "_dst"] = ToList(added);
            // An array of another size is no longer the volume that was read; NumpyToNifti will say so.
            if (fields.Spaces.TryGetValue(name, out VolumeSpace? space) && shape[^3..].SequenceEqual([space.Size.X, space.Size.Y, space.Size.Z]))
                fields.Spaces[name] = Crop(space, cut.AsSpan(^3..), added.AsSpan(^3..));
        }
    }

    private VolumeSpace Crop(VolumeSpace space, ReadOnlySpan<long> cut, ReadOnlySpan<long> added) =>
        space.Part((First(cut[0], added[0]), First(cut[1], added[1]), First(cut[2], added[2])), (size[0], size[1], size[2]));

    private static long First(long cut, long added) => -cut / 2 - added / 2;

    private static FieldValue.List ToList(long[] numbers) => new([.. numbers.Select(number => new FieldValue.Integer(number))]);

    private static NDArray Resize(FieldArray source, long[] newShape, long[] cut, long[] added)
    {
        NDArray array = source.Array;
        if (array.Shape.SequenceEqual(newShape))
            return array;

        NDArray result = source.Allocate(array.DType, newShape);
        Span<byte> to = result.Memory.Span;
        if (added.AsSpan().ContainsAnyExcept(0L))
            to.Clear();
        if (array.ElementCount == 0)
            return result;

        int itemSize = array.DType.ItemSize;
        Axis x = Axis.Of(array.Shape[^3], cut[^3], added[^3]);
        Axis y = Axis.Of(array.Shape[^2], cut[^2], added[^2]);
        Axis z = Axis.Of(array.Shape[^1], cut[^1], added[^1]);
        ReadOnlySpan<byte> from = array.Memory.Span;
        int volumes = array.ElementCount / (x.Old * y.Old * z.Old);
        for (int volume = 0; volume < volumes; volume++)
        {
            for (int i = 0; i < x.Kept; i++)
            {
                for (int j = 0; j < y.Kept; j++)
                {
                    int fromRow = (volume * x.Old + x.First + i) * y.Old + y.First + j;
                    int toRow = (volume * x.New + x.Before + i) * y.New + y.Before + j;
                    from.Slice((fromRow * z.Old + z.First) * itemSize, z.Kept * itemSize).CopyTo(to[((toRow * z.New + z.Before) * itemSize)..]);
                }
            }
        }

        return result;
    }

    /// <summary>What becomes of one dimension.</summary>
    /// <param name="Old">Its length before.</param>
    /// <param name="New">Its length after.</param>
    /// <param name="First">The first index that is kept.</param>
    /// <param name="Before">How many zeros come before it.</param>
    /// <param name="Kept">How many are kept.</param>
    private readonly record struct Axis(int Old, int New, int First, int Before, int Kept)
    {
        public static Axis Of(long length, long cut, long added) =>
            new((int)length, (int)(length + cut + added), (int)(-cut / 2), (int)(added / 2), (int)(length + cut));
    }
}
