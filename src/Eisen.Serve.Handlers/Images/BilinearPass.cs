using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Eisen.Serve.Handlers.Images;

/// <summary>The two inner loops of <see cref="BilinearResize"/>: weighted sums along a row, and down the columns.</summary>
internal static class BilinearPass
{
    private const int Half = 1 << (BilinearCoefficients.PrecisionBits - 1);

    /// <summary>One row of the first pass.</summary>
    /// <param name="source">The samples from the source row's beginning on; those of later rows may follow.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="coefficients">The weights of each pixel of the destination.</param>
    /// <param name="destination">Where the row's samples go.</param>
    public static void Row(ReadOnlySpan<byte> source, int channels, BilinearCoefficients coefficients, Span<byte> destination)
    {
        if (channels == 1)
            GreyRow(source, coefficients, destination);
        else
            ColourRow(source, coefficients, destination);
    }

    private static void GreyRow(ReadOnlySpan<byte> source, BilinearCoefficients coefficients, Span<byte> destination)
    {
        for (int x = 0; x < destination.Length; x++)
        {
            ReadOnlySpan<int> weights = coefficients.WeightsOf(x);
            ReadOnlySpan<byte> samples = source.Slice(coefficients.StartOf(x), weights.Length);
            int sum = Half;
            for (int i = 0; i < samples.Length; i++)
                sum += samples[i] * weights[i];
            destination[x] = Clip(sum);
        }
    }

    // The three channels of a pixel are summed in the lanes of one vector. Loading them takes a fourth byte along, which
    // the last pixel of the picture does not have.
    private static void ColourRow(ReadOnlySpan<byte> source, BilinearCoefficients coefficients, Span<byte> destination)
    {
        for (int x = 0; x < destination.Length / 3; x++)
        {
            ReadOnlySpan<int> weights = coefficients.WeightsOf(x);
            ReadOnlySpan<byte> samples = source[(coefficients.StartOf(x) * 3)..];
            Vector128<int> sum = Vector128.Create(Half);
            int whole = Math.Min(weights.Length, (samples.Length - 1) / 3);
            ref byte pixel = ref MemoryMarshal.GetReference(samples);
            for (int i = 0; i < whole; i++)
            {
                Vector128<byte> packed = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref pixel, i * 3))).AsByte();
                sum += Vector128.WidenLower(Vector128.WidenLower(packed)).AsInt32() * weights[i];
            }

            if (whole < weights.Length)
                sum += Vector128.Create(samples[whole * 3], samples[whole * 3 + 1], samples[whole * 3 + 2], 0) * weights[whole];

            Span<byte> result = destination.Slice(x * 3, 3);
            result[0] = Clip(sum[0]);
            result[1] = Clip(sum[1]);
            result[2] = Clip(sum[2]);
        }
    }

    /// <summary>One row of the second pass.</summary>
    /// <param name="source">The samples of the source rows, from the first that has a weight.</param>
    /// <param name="stride">Samples from one source row to the next.</param>
    /// <param name="weights">The weight of each source row.</param>
    /// <param name="destination">Where the row's samples go; it is as long as what is used of a source row.</param>
    public static void Columns(ReadOnlySpan<byte> source, int stride, ReadOnlySpan<int> weights, Span<byte> destination)
    {
        // The loops below read source without further checks.
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, (long)(weights.Length - 1) * stride + destination.Length);
        ref byte first = ref MemoryMarshal.GetReference(source);
        ref byte target = ref MemoryMarshal.GetReference(destination);
        int x = 0;
        for (; x <= destination.Length - Vector128<byte>.Count; x += Vector128<byte>.Count)
        {
            Vector128<int> a = Vector128.Create(Half);
            Vector128<int> b = a;
            Vector128<int> c = a;
            Vector128<int> d = a;
            for (int i = 0; i < weights.Length; i++)
            {
                Vector128<int> weight = Vector128.Create(weights[i]);
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.LoadUnsafe(ref first, (nuint)(i * (long)stride + x)));
                (Vector128<uint> la, Vector128<uint> lb) = Vector128.Widen(low);
                (Vector128<uint> lc, Vector128<uint> ld) = Vector128.Widen(high);
                a += la.AsInt32() * weight;
                b += lb.AsInt32() * weight;
                c += lc.AsInt32() * weight;
                d += ld.AsInt32() * weight;
            }

            Vector128<ushort> left = Vector128.Narrow(Clip(a), Clip(b));
            Vector128<ushort> right = Vector128.Narrow(Clip(c), Clip(d));
            Vector128.Narrow(left, right).StoreUnsafe(ref target, (nuint)x);
        }

        for (; x < destination.Length; x++)
        {
            int sum = Half;
            for (int i = 0; i < weights.Length; i++)
                sum += Unsafe.Add(ref first, (nint)i * stride + x) * weights[i];
            destination[x] = Clip(sum);
        }
    }

    // Weights are never negative here, so only the upper bound can be passed: by rounding, in a sum of very many.
    private static byte Clip(int sum) => (byte)Math.Min(sum >> BilinearCoefficients.PrecisionBits, 255);

    private static Vector128<uint> Clip(Vector128<int> sum) =>
        Vector128.Min(Vector128.ShiftRightLogical(sum, BilinearCoefficients.PrecisionBits), Vector128.Create(255)).AsUInt32();
}
