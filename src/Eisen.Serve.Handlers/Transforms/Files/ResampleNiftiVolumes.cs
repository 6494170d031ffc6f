using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Nifti;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Brings a NIfTI file's volume to a resolution; it stays a NIfTI file. Beside the field it tells what the volume was:
/// <c>_original_spacing</c> and <c>_original_shape</c>.
/// </summary>
/// <param name="names">The fields' names; each holds a file's bytes.</param>
/// <param name="resolution">How far voxels are apart afterwards.</param>
/// <param name="isLinear">Whether voxels are interpolated; else the nearest is taken.</param>
internal sealed class ResampleNiftiVolumes(string[] names, (double X, double Y, double Z) resolution, bool isLinear) : IFieldTransform
{
    // A file of a few bytes may say that its voxels are a metre apart.
    private const long MostVoxelsFromOne = 1000;

    public static ResampleNiftiVolumes Read(TransformParameters parameters)
    {
        PythonNumber[] resolution = parameters.GetNumbers("resolution");
        if (resolution.Length != 3 || resolution.Any(spacing => !(spacing.Real > 0 && double.IsFinite(spacing.Real))))
        {
            if (resolution.Length > 0)
                parameters.AddMistake("'resolution' must be three numbers above 0");
            resolution = [1, 1, 1];
        }

        return new ResampleNiftiVolumes(
            parameters.GetFields(),
            (resolution[0].Real, resolution[1].Real, resolution[2].Real),
            parameters.GetChoice("interpolation", "linear", "linear", "nearest") == "linear");
    }

    public void Apply(FieldDictionary fields)
    {
        foreach (string name in names)
        {
            ReadOnlyMemory<byte> content = fields.RequireBytes(nameof(ResampleNiftiVolumes), name, "a NIfTI-1 file's bytes");
            try
            {
                using NiftiFile file = NiftiFile.Open(content);
                fields[name] = new FieldValue.Bytes(fields.Own(Resample(file)).Written);
                NiftiHeader header = file.Header;
                fields[name + "_original_spacing"] = new FieldValue.List([.. header.Spacing.Take(header.Shape.Length).Select(spacing => new FieldValue.Float(spacing))]);
                fields[name + "_original_shape"] = new FieldValue.List([.. header.Shape.Select(length => new FieldValue.Integer(length))]);
            }
            catch (NiftiException mistake)
            {
                throw new BadInputException($"{nameof(ResampleNiftiVolumes)}: field {PrintableText.Quoted(name)} {mistake.Message}");
            }
        }
    }

    private NativeBuffer Resample(NiftiFile file)
    {
        NiftiHeader header = file.Header;
        if (header.Shape.Length < 3)
            throw new NiftiException($"has the shape [{string.Join(", ", header.Shape)}]; to be resampled it must have three dimensions");
        if (header.Type.IsComplex)
            throw new NiftiException($"has voxels of {header.Type.Name}; to be resampled they must be real numbers");
        if (!header.Space.Affine.IsInvertible)
            throw new NiftiException("says nothing of where its voxels lie that could be used");

        ResampledGrid grid = ResampledGrid.Of(header.Space, resolution);
        VolumeResampler resampler = new(header, grid, isLinear);
        NiftiHeader newHeader = new()
        {
            Shape = [grid.Size.X, grid.Size.Y, grid.Size.Z, .. header.Shape.AsSpan(3..)],
            Type = NiftiType.Of(resampler.ResultType),
            Spacing = [(float)resolution.X, (float)resolution.Y, (float)resolution.Z, .. header.Spacing.AsSpan(3..)],
            Space = VolumeSpace.Of(grid.Affine, grid.Size, header.Space.Units),
        };
        RequireSize(header, newHeader);
        return Resample(file, resampler, newHeader);
    }

    private static void RequireSize(NiftiHeader header, NiftiHeader newHeader)
    {
        // No axis is longer than a 16-bit number, so that those of a volume multiply without overflow.
        long voxels = newHeader.Shape[0] * newHeader.Shape[1] * newHeader.Shape[2];
        long before = header.Shape[0] * header.Shape[1] * header.Shape[2];
        string sizes = $"would grow from [{string.Join(", ", header.Shape)}] to [{string.Join(", ", newHeader.Shape)}] voxels";
        if (voxels / MostVoxelsFromOne > before)
            throw new NiftiException($"{sizes}, more than {MostVoxelsFromOne} times as many; its voxels may not be as large as it says");
        if (voxels * newHeader.Type.ItemSize > (Array.MaxLength - NiftiHeader.DataOffset) / (header.VoxelCount / before))
            throw new NiftiException($"{sizes}, more than 2 GiB");
    }

    private static NativeBuffer Resample(NiftiFile file, VolumeResampler resampler, NiftiHeader newHeader)
    {
        NiftiHeader header = file.Header;
        int volumes = newHeader.Shape.AsSpan(3..).ToArray().Aggregate(1, (product, length) => product * (int)length);
        int oldBytes = header.DataLength / volumes;
        int newBytes = newHeader.DataLength / volumes;
        NativeBuffer result = new(NiftiHeader.DataOffset + newHeader.DataLength);
        try
        {
            newHeader.Write(result.GetSpan(NiftiHeader.DataOffset));
            result.Advance(NiftiHeader.DataOffset);
            using NativeBuffer voxels = new(oldBytes);
            for (int i = 0; i < volumes; i++)
            {
                Span<byte> volume = voxels.GetSpan(oldBytes)[..oldBytes];
                file.Read(volume);
                resampler.Run(volume, result.GetSpan(newBytes)[..newBytes]);
                result.Advance(newBytes);
            }

            file.CheckEnd();
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }
}
