using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Transforms;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>
/// Takes voxels of one grid at the places of another's: what scipy's <c>affine_transform</c> does in its mode "constant".
/// What is outside the volume is 0; integers are rounded, halves away from 0.
/// </summary>
/// <param name="header">The volume's header: its size, and how its numbers are scaled.</param>
/// <param name="grid">Where voxels are wanted.</param>
/// <param name="isLinear">Whether they are interpolated between the eight around; else the nearest one is taken.</param>
internal sealed class VolumeResampler(NiftiHeader header, ResampledGrid grid, bool isLinear)
{
    /// <summary>The type of the results: the volume's own, but float32 when its numbers are scaled.</summary>
    public ElementType ResultType => header.IsScaled ? ElementType.Float32 : header.Type.Element;

    /// <summary>Resamples one volume.</summary>
    /// <param name="voxels">Its voxels in the file's order.</param>
    /// <param name="destination">Takes the results in the same order.</param>
    public void Run(ReadOnlySpan<byte> voxels, Span<byte> destination)
    {
        Sampler sampler = new(this, voxels, destination);
        ElementTypes.Dispatch(header.Type.Element, ref sampler);
    }

    private readonly ref struct Sampler(VolumeResampler owner, ReadOnlySpan<byte> voxels, Span<byte> destination) : IElementVisitor
    {
        private readonly ReadOnlySpan<byte> voxels = voxels;
        private readonly Span<byte> destination = destination;

        public void Visit<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            owner.Run(MemoryMarshal.Cast<byte, T>(voxels), destination);
        }
    }

    private void Run<T>(ReadOnlySpan<T> voxels, Span<byte> destination)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        Source<T> source = new(voxels, header);
        Affine map = grid.ToSource;
        ElementType type = ResultType;
        double[] row = new double[grid.Size.X];
        int rowBytes = row.Length * type.ItemSize;
        for (int z = 0; z < grid.Size.Z; z++)
        {
            for (int y = 0; y < grid.Size.Y; y++)
            {
                // Of all three coordinates, what does not change along the row.
                double startX = map.X.Y * y + map.X.Z * z + map.X.Offset;
                double startY = map.Y.Y * y + map.Y.Z * z + map.Y.Offset;
                double startZ = map.Z.Y * y + map.Z.Z * z + map.Z.Offset;
                for (int x = 0; x < row.Length; x++)
                {
                    double atX = map.X.X * x + startX;
                    double atY = map.Y.X * x + startY;
                    double atZ = map.Z.X * x + startZ;
                    row[x] = isLinear ? source.Between(atX, atY, atZ) : source.Nearest(atX, atY, atZ);
                }

                if (!type.IsFloat)
                    Round(row);
                ElementTypes.Convert(ElementType.Float64, MemoryMarshal.AsBytes(row.AsSpan()), type, destination[..rowBytes]);
                destination = destination[rowBytes..];
            }
        }
    }

    // The cast that follows cuts what is behind the point.
    private static void Round(Span<double> numbers)
    {
        foreach (ref double number in numbers)
            number += number > 0 ? 0.5 : -0.5;
    }

    private readonly ref struct Source<T>(ReadOnlySpan<T> voxels, NiftiHeader header)
        where T : unmanaged, INumber<T>
    {
        private readonly ReadOnlySpan<T> voxels = voxels;
        private readonly int sizeX = (int)header.Shape[0];
        private readonly int sizeY = (int)header.Shape[1];
        private readonly int sizeZ = (int)header.Shape[2];
        private readonly double slope = header.Slope;
        private readonly double intercept = header.Intercept;

        public double Nearest(double x, double y, double z)
        {
            if (!IsInside(ref x, sizeX) || !IsInside(ref y, sizeY) || !IsInside(ref z, sizeZ))
                return 0;
            return Scale(At((int)(x + 0.5), (int)(y + 0.5), (int)(z + 0.5)));
        }

        public double Between(double x, double y, double z)
        {
            if (!IsInside(ref x, sizeX) || !IsInside(ref y, sizeY) || !IsInside(ref z, sizeZ))
                return 0;

            (int x0, int y0, int z0) = ((int)x, (int)y, (int)z);
            (int x1, int y1, int z1) = (Math.Min(x0 + 1, sizeX - 1), Math.Min(y0 + 1, sizeY - 1), Math.Min(z0 + 1, sizeZ - 1));
            (double weightX, double weightY, double weightZ) = (x - x0, y - y0, z - z0);
            double near = Mix(Mix(At(x0, y0, z0), At(x1, y0, z0), weightX), Mix(At(x0, y1, z0), At(x1, y1, z0), weightX), weightY);
            double far = Mix(Mix(At(x0, y0, z1), At(x1, y0, z1), weightX), Mix(At(x0, y1, z1), At(x1, y1, z1), weightX), weightY);
            return Scale(Mix(near, far, weightZ));
        }

        private static double Mix(double a, double b, double weight) => a * (1 - weight) + b * weight;

        // An index that only rounding took beyond the border is on it.
        private static bool IsInside(ref double index, int size)
        {
            if (index < 0 && index > -ResampledGrid.Rounding)
                index = 0;
            else if (index > size - 1 && index < size - 1 + ResampledGrid.Rounding)
                index = size - 1;
            return index >= 0 && index <= size - 1;
        }

        private double At(int x, int y, int z) => double.CreateTruncating(voxels[(z * sizeY + y) * sizeX + x]);

        private double Scale(double value) => value * slope + intercept;
    }
}
