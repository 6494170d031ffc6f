using System.Globalization;

namespace Eisen.Serve.Handlers;

/// <summary>The patches of an input that are hidden one after the other: boxes on a grid over its last axes, which all channels
/// before them share.</summary>
internal sealed class OcclusionGrid
{
    // Front to back, down, across; those that an input lacks have length 1.
    private readonly int[] lengths = [1, 1, 1];
    private readonly int[] patches = [1, 1, 1];
    private readonly int[][] starts = [[0], [0], [0]];

    private OcclusionGrid(ReadOnlySpan<int> axes)
    {
        Axes = axes.Length;
        axes.CopyTo(lengths.AsSpan(lengths.Length - axes.Length));
    }

    /// <summary>How many axes patches extend along.</summary>
    public int Axes { get; }

    /// <summary>How many elements the axes have together.</summary>
    public int Area => lengths[0] * lengths[1] * lengths[2];

    /// <summary>How many patches there are.</summary>
    public int Count => starts[0].Length * starts[1].Length * starts[2].Length;

    /// <summary>Lays patches over some axes.</summary>
    /// <param name="axes">The axes' lengths, at most three, each at least 1.</param>
    /// <param name="options">How finely.</param>
    /// <exception cref="BadInputException">There would be more patches than the options allow, or the options are for another
    /// number of axes.</exception>
    public static OcclusionGrid Over(ReadOnlySpan<int> axes, OcclusionOptions options)
    {
        OcclusionGrid grid = new(axes);
        if (axes.IsEmpty)
            return grid;
        if (options.MistakeFor(axes.Length) is { } mistake)
            throw new BadInputException(mistake);

        int front = grid.lengths.Length - axes.Length;
        Span<int> strides = [1, 1, 1];
        Span<int> counts = [1, 1, 1];
        double patches = 1;
        for (int axis = 0; axis < axes.Length; axis++)
        {
            (int patch, int stride) = options.Along(axis, axes.Length, axes[axis]);
            grid.patches[front + axis] = patch;
            strides[front + axis] = stride;
            counts[front + axis] = ((axes[axis] - patch + stride - 1) / stride) + 1;
            patches *= counts[front + axis];
        }

        if (patches > options.MostPatches)
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"an explanation of {string.Join(" x ", axes.ToArray())} elements takes {patches:0} forwards, and handler.explain_limit allows {options.MostPatches}; raise it, or explain_patch and explain_stride"));
        for (int axis = front; axis < grid.lengths.Length; axis++)
            grid.starts[axis] = StartsOf(counts[axis], strides[axis], grid.lengths[axis] - grid.patches[axis]);
        return grid;
    }

    /// <summary>Sets the elements of a patch to 0.</summary>
    /// <param name="plane">One channel, <see cref="Area"/> elements.</param>
    /// <param name="patch">Which patch.</param>
    public void Hide(Span<float> plane, int patch)
    {
        (int z, int y, int x) = StartOf(patch);
        for (int i = z; i < z + patches[0]; i++)
        {
            for (int j = y; j < y + patches[1]; j++)
                plane.Slice((((i * lengths[1]) + j) * lengths[2]) + x, patches[2]).Clear();
        }
    }

    /// <summary>Adds a number to each element of a patch.</summary>
    /// <param name="map">The sums, <see cref="Area"/> elements.</param>
    /// <param name="patch">Which patch.</param>
    /// <param name="number">What is added.</param>
    public void Add(Span<float> map, int patch, float number)
    {
        (int z, int y, int x) = StartOf(patch);
        for (int i = z; i < z + patches[0]; i++)
        {
            for (int j = y; j < y + patches[1]; j++)
            {
                foreach (ref float sum in map.Slice((((i * lengths[1]) + j) * lengths[2]) + x, patches[2]))
                    sum += number;
            }
        }
    }

    /// <summary>Divides each element's sum by the number of patches that it is in. One that is in none, as patches can be
    /// farther from each other than they are long, keeps 0.</summary>
    /// <param name="map">The sums, <see cref="Area"/> elements.</param>
    public void Average(Span<float> map)
    {
        int[][] covers = [CoverOf(0), CoverOf(1), CoverOf(2)];
        for (int i = 0; i < map.Length; i++)
        {
            (int row, int x) = Math.DivRem(i, lengths[2]);
            (int z, int y) = Math.DivRem(row, lengths[1]);
            int cover = covers[0][z] * covers[1][y] * covers[2][x];
            if (cover > 1)
                map[i] /= cover;
        }
    }

    // The last patch lies at the end, also where the stride does not lead there.
    private static int[] StartsOf(int count, int stride, int last)
    {
        int[] starts = new int[count];
        for (int i = 0; i < count; i++)
            starts[i] = (int)Math.Min((long)i * stride, last);
        return starts;
    }

    private (int Z, int Y, int X) StartOf(int patch)
    {
        (int rows, int x) = Math.DivRem(patch, starts[2].Length);
        (int z, int y) = Math.DivRem(rows, starts[1].Length);
        return (starts[0][z], starts[1][y], starts[2][x]);
    }

    private int[] CoverOf(int axis)
    {
        int[] cover = new int[lengths[axis]];
        foreach (int start in starts[axis])
        {
            foreach (ref int count in cover.AsSpan(start, patches[axis]))
                count++;
        }

        return cover;
    }
}
