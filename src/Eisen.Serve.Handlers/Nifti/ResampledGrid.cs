using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>
/// The voxels of a volume that is brought to a resolution, as nilearn's <c>resample_img</c> places them: along the axes of
/// the patient's space, whatever the volume's own were, the first on the nearest corner of the volume's bounding box, and
/// as many as reach its other end.
/// </summary>
/// <param name="Size">How many there are along each axis.</param>
/// <param name="Affine">Their place.</param>
/// <param name="ToSource">From their indexes to those of the volume.</param>
internal readonly record struct ResampledGrid((long X, long Y, long Z) Size, Affine Affine, Affine ToSource)
{
    /// <summary>In voxels: what rounding may add to an index that is exact.</summary>
    public const double Rounding = 1e-9;

    /// <summary>The most voxels along an axis, as NIfTI counts them in 16 bits.</summary>
    private const double MostAlongAxis = short.MaxValue;

    /// <summary>Places the voxels.</summary>
    /// <param name="space">Where the volume is.</param>
    /// <param name="resolution">How far voxels are to be apart, in the units of the space.</param>
    /// <exception cref="NiftiException">There would be too many along an axis.</exception>
    public static ResampledGrid Of(VolumeSpace space, (double X, double Y, double Z) resolution)
    {
        Affine toTarget = Affine.Diagonal(resolution.X, resolution.Y, resolution.Z).Inverse().After(space.Affine);
        (double least, double extent) x = Bounds(toTarget.X, space.Size);
        (double least, double extent) y = Bounds(toTarget.Y, space.Size);
        (double least, double extent) z = Bounds(toTarget.Z, space.Size);
        Affine affine = Affine.Diagonal(resolution.X, resolution.Y, resolution.Z)
            .Shifted(x.least * resolution.X, y.least * resolution.Y, z.least * resolution.Z);
        return new ResampledGrid((Count(x.extent), Count(y.extent), Count(z.extent)), affine, space.Affine.Inverse().After(affine));
    }

    private static (double Least, double Extent) Bounds(AffineRow row, (long X, long Y, long Z) size)
    {
        (double x, double y, double z) = (row.X * (size.X - 1), row.Y * (size.Y - 1), row.Z * (size.Z - 1));
        double least = row.Offset + Math.Min(x, 0) + Math.Min(y, 0) + Math.Min(z, 0);
        return (least, Math.Abs(x) + Math.Abs(y) + Math.Abs(z));
    }

    private static long Count(double extent)
    {
        double count = Math.Ceiling(extent - Rounding) + 1;
        return count <= MostAlongAxis ? (long)count : throw new NiftiException($"would get {count} voxels along an axis; NIfTI has at most {MostAlongAxis}");
    }
}
