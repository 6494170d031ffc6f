using System.Runtime.InteropServices;

namespace Eisen.Serve.Data;

/// <summary>
/// Native memory that is used again: the pages of a large block that was just freed need not be asked for, cleared and
/// mapped anew, which for a volume takes longer than to copy it. What is kept is bounded; the rest goes back at once.
/// </summary>
internal static unsafe class NativeMemoryPool
{
    /// <summary>Bytes: the alignment of vector instructions, and a cache line.</summary>
    public const int Alignment = 64;

    // Below it malloc's own caches are as quick.
    private const int SmallestPooled = 1 << 13;
    private const int LargestPooled = 1 << 28;
    private const long MaxKept = 1 << 28;

    private static readonly Lock Changes = new();
    private static readonly Stack<nint>[] Free = [.. Enumerable.Range(0, 32).Select(_ => new Stack<nint>())];
    private static long kept;

    /// <summary>How many bytes lie here for the next taker.</summary>
    public static long Kept => Volatile.Read(ref kept);

    /// <summary>Gives a block of at least this many bytes, with whatever it holds.</summary>
    /// <exception cref="OutOfMemoryException">There is none.</exception>
    public static void* Rent(int length)
    {
        if (length is < SmallestPooled or > LargestPooled)
            return NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), Alignment);

        int order = OrderOf(length);
        lock (Changes)
        {
            if (Free[order].TryPop(out nint block))
            {
                kept -= 1L << order;
                return (void*)block;
            }
        }

        return NativeMemory.AlignedAlloc((nuint)1 << order, Alignment);
    }

    /// <summary>Takes a block back.</summary>
    /// <param name="block">What <see cref="Rent"/> gave.</param>
    /// <param name="length">The length that was asked for.</param>
    public static void Return(void* block, int length)
    {
        if (length is >= SmallestPooled and <= LargestPooled)
        {
            int order = OrderOf(length);
            lock (Changes)
            {
                if (kept + (1L << order) <= MaxKept)
                {
                    kept += 1L << order;
                    Free[order].Push((nint)block);
                    return;
                }
            }
        }

        NativeMemory.AlignedFree(block);
    }

    // Blocks come in powers of two. The part that nobody writes to takes no memory: the system maps pages as they are used.
    private static int OrderOf(int length) => int.Log2(length - 1) + 1;
}
