using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Nifti;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Makes of an array a NIfTI file. Its voxels lie where the parameters say, or else where those of the volume lie that it
/// belongs to: the one that <see cref="NiftiToNumpy"/> read from the same field, or the only one that it read. Dimensions
/// of length 1 before the last three, which models add for batch and channels, are left out.
/// </summary>
/// <param name="names">The fields' names.</param>
/// <param name="types">The types of the voxels by field; float32 where there is none.</param>
/// <param name="affine">Where the voxels lie; null when a volume says it.</param>
/// <param name="like">The field whose volume says it; null for the field itself, or the only volume.</param>
/// <param name="isMultichannel">Whether the array's first of four dimensions becomes the file's last.</param>
/// <param name="isCompressed">Whether the file is a .nii.gz.</param>
internal sealed class NumpyToNifti(
    string[] names, IReadOnlyDictionary<string, NiftiType> types, Affine? affine, string? like, bool isMultichannel, bool isCompressed) : IFieldTransform
{
    private const int SpatialDimensions = 3;

    private static readonly NiftiType DefaultType = NiftiType.Of(ElementType.Float32);

    public static NumpyToNifti Read(TransformParameters parameters)
    {
        string[] names = parameters.GetFields();
        Dictionary<string, NiftiType> types = parameters.GetOptional<Dictionary<string, NiftiType>>(
            "data_types", [], TryReadTypes, $"an object of field to dtype, one of {string.Join(", ", NiftiType.Names)}");
        foreach (string stray in types.Keys.Except(names))
            parameters.AddMistake($"'data_types' has {PrintableText.Quoted(stray)}, which 'fields' has not");
        Affine? affine = parameters.GetOptional<Affine?>("affine", null, TryReadAffine, "four rows of four numbers that have an inverse, the last 0, 0, 0, 1");
        string? like = parameters.GetOptionalText("like");
        if (affine is not null && like is not null)
            parameters.AddMistake("'affine' and 'like' cannot both say where the voxels lie");
        return new NumpyToNifti(names, types, affine, like, parameters.GetFlag("multichannel", otherwise: false), parameters.GetFlag("compress", otherwise: false));
    }

    public void Apply(FieldDictionary fields)
    {
        foreach (string name in names)
        {
            FieldArray source = fields.RequireArray(nameof(NumpyToNifti), name);
            VolumeSpace? space = FindSpace(source);
            NDArray array = WithoutLeadingOnes(source, space);
            long[] shape = isMultichannel && array.Shape.Length == SpatialDimensions + 1 ? [.. array.Shape[1..], array.Shape[0]] : array.Shape.ToArray();
            RequireShape(source, shape, space);
            NiftiHeader header = new()
            {
                Shape = shape,
                Type = types.GetValueOrDefault(name, DefaultType),
                Spacing = [.. Enumerable.Repeat(1f, shape.Length)],
                Space = space ?? VolumeSpace.Of(affine ?? Affine.Identity, (shape[0], shape[1], shape[2])),
            };
            if ((long)array.ElementCount * header.Type.ItemSize > Array.MaxLength - NiftiHeader.DataOffset)
                throw source.Mistake($"is {source.Array}; as {header.Type.Name} it would take more than 2 GiB");
            fields[name] = new FieldValue.Bytes(NiftiFileWriter.Write(fields, header, source.NumericType(), array, channelsFirst: shape.Length > SpatialDimensions && isMultichannel, isCompressed));
        }
    }

    private static bool TryReadTypes(JsonElement json, out Dictionary<string, NiftiType> types)
    {
        types = new Dictionary<string, NiftiType>(StringComparer.Ordinal);
        if (json.ValueKind != JsonValueKind.Object)
            return false;
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String || !NiftiType.TryParse(property.Value.GetString()!, out NiftiType type))
                return false;
            types[property.Name] = type;
        }

        return true;
    }

    private static bool TryReadAffine(JsonElement json, out Affine? affine)
    {
        affine = null;
        List<AffineRow> rows = [];
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() != 4)
            return false;
        foreach (JsonElement row in json.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != 4)
                return false;
            List<double> numbers = [];
            foreach (JsonElement item in row.EnumerateArray())
            {
                if (!TransformParameters.TryGetNumber(item, out PythonNumber number))
                    return false;
                numbers.Add(number.Real);
            }

            rows.Add(new AffineRow(numbers[0], numbers[1], numbers[2], numbers[3]));
        }

        Affine found = new(rows[0], rows[1], rows[2]);
        affine = found;
        return found.IsInvertible && rows[3] == new AffineRow(0, 0, 0, 1);
    }

    private VolumeSpace? FindSpace(FieldArray source)
    {
        if (affine is not null)
            return null;

        IDictionary<string, VolumeSpace> spaces = source.Fields.Spaces;
        if (spaces.TryGetValue(like ?? source.Field, out VolumeSpace? space))
            return space;

        string told = string.Join(", ", spaces.Keys.Select(PrintableText.Quoted));
        if (like is not null)
        {
            throw source.Mistake($"cannot be put where the volume of {PrintableText.Quoted(like)} was: "
                + (spaces.Count == 0 ? "no NIfTI volume was read" : $"NIfTI volumes were read from {told}"));
        }

        return spaces.Values.Distinct().Count() <= 1
            ? spaces.Values.FirstOrDefault()
            : throw source.Mistake($"may belong to any of the NIfTI volumes of {told}, which lie differently; the parameter 'like' says to which");
    }

    private NDArray WithoutLeadingOnes(FieldArray source, VolumeSpace? space)
    {
        ReadOnlySpan<long> shape = source.Array.Shape;
        int wanted = SpatialDimensions + (isMultichannel ? 1 : 0);

        // A series over time keeps its order, and its first axis may be that short.
        bool isSeries = !isMultichannel && space is not null && shape.Length > wanted && shape[..SpatialDimensions].SequenceEqual([space.Size.X, space.Size.Y, space.Size.Z]);
        while (!isSeries && shape.Length > wanted && shape[0] == 1)
            shape = shape[1..];
        return NDArray.Wrap(source.Array.DType, shape, source.Array.Memory);
    }

    private void RequireShape(FieldArray source, long[] shape, VolumeSpace? space)
    {
        if (isMultichannel && shape.Length > SpatialDimensions + 1)
            throw source.Mistake($"is {source.Array}; it must have four dimensions, the first for channels");
        if (shape.Length is < SpatialDimensions or > NiftiHeader.MaxDimensions)
            throw source.Mistake($"is {source.Array}; it must have {SpatialDimensions} to {NiftiHeader.MaxDimensions} dimensions");
        if (shape.Any(length => length is < 1 or > short.MaxValue))
            throw source.Mistake($"is {source.Array}; NIfTI's dimensions are 1 to {short.MaxValue} long");
        if (space is not null && space.Size != (shape[0], shape[1], shape[2]))
        {
            throw source.Mistake($"is {source.Array}; to lie where its volume lay it must have that one's shape, "
                + $"[{space.Size.X}, {space.Size.Y}, {space.Size.Z}], or the parameter 'affine' must say where it lies");
        }
    }
}
