using System.ComponentModel;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Eisen.Serve.Python;

/// <summary>
/// Memory that a worker and the server both see: a file without a name or place, which the worker inherits. It can only
/// grow, by the kernel's own seal, so that a worker cannot take away what the server is reading.
/// </summary>
internal sealed unsafe class SharedSegment : IDisposable
{
    // Bodies begin at multiples of it, as numbers in them may be read in place.
    private const int Alignment = 64;

    private MemoryMappedViewAccessor? view;
    private byte* start;

    /// <exception cref="Win32Exception">The system has no memory for it.</exception>
    public SharedSegment()
    {
        int descriptor = NativeMethods.CreateMemory("eisen-worker", NativeMethods.MemoryCloseOnExec | NativeMethods.MemoryAllowSealing);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        Handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (NativeMethods.Control(descriptor, NativeMethods.AddSeals, NativeMethods.SealShrink) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public SafeFileHandle Handle { get; }

    /// <summary>How large it is, in bytes.</summary>
    public long Capacity { get; private set; }

    /// <summary>Where a body goes that follows others.</summary>
    public static long Next(long used) => (used + Alignment - 1) / Alignment * Alignment;

    /// <summary>Makes it at least so large.</summary>
    /// <exception cref="IOException">The system has no memory for it.</exception>
    public void Reserve(long capacity)
    {
        if (capacity <= Capacity)
            return;
        // In steps that double, as each means that both sides map it anew.
        long larger = Math.Max(capacity, Math.Min(2 * Capacity, Capacity + (64L << 20)));
        // A worker may have made it larger by itself; that is not mapped.
        long length = Math.Max(larger, RandomAccess.GetLength(Handle));
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(Handle, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor mapped = file.CreateViewAccessor(0, larger);
        Unmap();
        view = mapped;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Capacity = larger;
    }

    /// <summary>A piece of it.</summary>
    /// <exception cref="ProtocolException">It is not that large.</exception>
    public Span<byte> Slice(long offset, int size)
    {
        if (offset < 0 || size < 0 || offset > Capacity - size)
            throw new ProtocolException($"it points to {size} bytes at {offset} of {Capacity}");
        return new Span<byte>(start + offset, size);
    }

    public void Dispose()
    {
        Unmap();
        Handle.Dispose();
    }

    private void Unmap()
    {
        if (view is not null)
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        view = null;
        start = null;
        Capacity = 0;
    }
}
