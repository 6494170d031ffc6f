using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using Eisen.Serve.Handlers.Transforms;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>
/// Brings voxels from a file's order, where the first dimension's neighbours are neighbours, to an array's, where the last
/// one's are. Planes are taken several at once, so that each line of the processor's cache is written as a whole.
/// </summary>
internal static class VoxelOrder
{
    private const int PlanesAtOnce = 16;
    private const int MaxBufferBytes = 16 << 20;

    /// <summary>Reads all voxels as float32, scaled as the header says: what <c>astype(numpy.float32)</c> makes of them.</summary>
    /// <param name="file">The file, at its first voxel.</param>
    /// <param name="channelsFirst">Whether the array's first dimension is the file's last; else all keep their order.</param>
    /// <param name="destination">As many numbers as there are voxels.</param>
    /// <exception cref="NiftiException">The file ends before, or is damaged.</exception>
    public static void ReadAsFloat(NiftiFile file, bool channelsFirst, Span<float> destination)
    {
        long[] shape = file.Header.Shape;
        int volumes = channelsFirst ? (int)shape[^1] : 1;
        ReadOnlySpan<long> volume = channelsFirst ? shape.AsSpan(..^1) : shape;
        for (int i = 0, length = destination.Length / volumes; i < volumes; i++)
            ReadVolume(file, volume, destination.Slice(i * length, length));
    }

    /// <summary>Copies an array's elements into a file's order.</summary>
    /// <param name="source">The elements in C order.</param>
    /// <param name="itemSize">Bytes of one: 1, 2, 4 or 8.</param>
    /// <param name="shape">The array's shape.</param>
    /// <param name="destination">As many bytes.</param>
    public static void ToFileOrder(ReadOnlySpan<byte> source, int itemSize, ReadOnlySpan<long> shape, Span<byte> destination)
    {
        switch (itemSize)
        {
            case 1:
                ToFileOrder(source, shape, destination);
                break;
            case 2:
                ToFileOrder(MemoryMarshal.Cast<byte, ushort>(source), shape, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case 4:
                ToFileOrder(MemoryMarshal.Cast<byte, uint>(source), shape, MemoryMarshal.Cast<byte, uint>(destination));
                break;
            default:
                ToFileOrder(MemoryMarshal.Cast<byte, ulong>(source), shape, MemoryMarshal.Cast<byte, ulong>(destination));
                break;
        }
    }

    private static void ToFileOrder<T>(ReadOnlySpan<T> source, ReadOnlySpan<long> shape, Span<T> destination)
    {
        Grid grid = Grid.Of(shape);
        for (int first = 0; first < grid.Last; first += PlanesAtOnce)
        {
            int planes = Math.Min(PlanesAtOnce, grid.Last - first);
            for (int middle = 0; middle < grid.Middle; middle++)
            {
                int from = grid.Reversed(middle) * grid.Last + first;
                int to = first * grid.Plane + middle * grid.Row;
                for (int x = 0; x < grid.Row; x++, from += grid.Stride, to++)
                {
                    ReadOnlySpan<T> run = source.Slice(from, planes);
                    for (int i = 0, at = to; i < run.Length; i++, at += grid.Plane)
                        destination[at] = run[i];
                }
            }
        }
    }

    private static void ReadVolume(NiftiFile file, ReadOnlySpan<long> shape, Span<float> destination)
    {
        Grid grid = Grid.Of(shape);
        NiftiHeader header = file.Header;
        int itemSize = header.Type.ItemSize;
        int planesAtOnce = (int)Math.Clamp(MaxBufferBytes / ((long)grid.Plane * itemSize), 1, PlanesAtOnce);

        // One plane alone needs no buffer: its rows come one after the other.
        byte[] buffer = ArrayPool<byte>.Shared.Rent((planesAtOnce == 1 ? grid.Row : planesAtOnce * grid.Plane) * itemSize);
        try
        {
            for (int first = 0; first < grid.Last; first += planesAtOnce)
            {
                int planes = Math.Min(planesAtOnce, grid.Last - first);
                Span<byte> voxels = buffer.AsSpan(0, (planesAtOnce == 1 ? grid.Row : planes * grid.Plane) * itemSize);
                if (planesAtOnce > 1)
                    file.Read(voxels);
                for (int middle = 0; middle < grid.Middle; middle++)
                {
                    if (planesAtOnce == 1)
                        file.Read(voxels);
                    RowsToFloat rows = new(
                        planesAtOnce == 1 ? voxels : voxels[(middle * grid.Row * itemSize)..], grid, planes, header, destination[(grid.Reversed(middle) * grid.Last + first)..]);
                    ElementTypes.Dispatch(header.Type.Element, ref rows);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A file's shape, as its first and last dimension with all others between.</summary>
    private readonly ref struct Grid
    {
        private readonly ReadOnlySpan<long> between;

        private Grid(ReadOnlySpan<long> shape)
        {
            Row = (int)shape[0];
            Last = shape.Length > 1 ? (int)shape[^1] : 1;
            between = shape.Length > 2 ? shape[1..^1] : [];
            Middle = 1;
            foreach (long length in between)
                Middle *= (int)length;
        }

        /// <summary>The length of the first dimension.</summary>
        public int Row { get; }

        /// <summary>The product of those between.</summary>
        public int Middle { get; }

        /// <summary>The length of the last.</summary>
        public int Last { get; }

        /// <summary>How far the last dimension's neighbours are apart in the file.</summary>
        public int Plane => Row * Middle;

        /// <summary>How far the first dimension's neighbours are apart in the array.</summary>
        public int Stride => Middle * Last;

        public static Grid Of(ReadOnlySpan<long> shape) => new(shape.IsEmpty ? [1] : shape);

        /// <summary>Where an index of the dimensions between is in the array, whose order is the other way round.</summary>
        public int Reversed(int index)
        {
            int reversed = 0;
            foreach (long length in between)
            {
                (index, int along) = Math.DivRem(index, (int)length);
                reversed = reversed * (int)length + along;
            }

            return reversed;
        }
    }

    private readonly ref struct RowsToFloat(ReadOnlySpan<byte> rows, Grid grid, int planes, NiftiHeader header, Span<float> destination) : IElementVisitor
    {
        private readonly ReadOnlySpan<byte> rows = rows;
        private readonly Grid grid = grid;
        private readonly Span<float> destination = destination;

        public void Visit<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(rows);
            int step = header.Type.IsComplex ? 2 : 1;
            int plane = grid.Plane * step;
            int stride = grid.Stride;
            (bool isScaled, double slope, double intercept) = (header.IsScaled, header.Slope, header.Intercept);
            for (int x = 0, from = 0, to = 0; x < grid.Row; x++, from += step, to += stride)
            {
                Span<float> run = destination.Slice(to, planes);
                for (int i = 0, at = from; i < run.Length; i++, at += plane)
                    run[i] = isScaled ? (float)(double.CreateTruncating(numbers[at]) * slope + intercept) : float.CreateTruncating(numbers[at]);
            }
        }
    }
}
