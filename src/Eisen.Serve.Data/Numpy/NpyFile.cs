using System.Buffers;
using System.Text;

namespace Eisen.Serve.Data;

/// <summary>numpy's <c>.npy</c> files: one array each.</summary>
public static class NpyFile
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/x-npy";

    /// <summary>Whether bytes begin as such a file does.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith(NpyHeader.Magic);

    /// <summary>Reads a file.</summary>
    /// <param name="file">The whole file. The array lies in it, and needs no disposal; one in Fortran order or in the other byte
    /// order is copied to the managed heap.</param>
    /// <exception cref="DataFormatException">It is not such a file, or has elements that arrays here have not, such as Python
    /// objects.</exception>
    public static NDArray Read(ReadOnlyMemory<byte> file)
    {
        NpyHeader header = NpyHeader.Read(file.Span);
        return Wrap(header, file[header.Length..]);
    }

    /// <summary>Writes a file in C order. The elements are appended, not copied, where the output is a <see cref="SegmentedBuffer"/>.</summary>
    /// <exception cref="ArgumentException">numpy has no such type: bfloat16.</exception>
    public static void Write(IBufferWriter<byte> output, NDArray array)
    {
        string descr = NumpyType.CodeOf(array.DType) ?? throw new ArgumentException($"numpy has no {array.DType.TypeName}.", nameof(array));
        output.Write(NpyHeader.Write(descr, array.Shape));
        if (output is SegmentedBuffer segments)
            segments.Append(array.Memory);
        else
            output.Write(array.Memory.Span);
    }

    internal static NDArray Wrap(NpyHeader header, ReadOnlyMemory<byte> elements)
    {
        NumpyType type = TypeOf(header);
        NumpyArray.RequireFit(type, header.Shape, elements.Length);
        if (header.IsFortran && header.Shape.Length > 1)
            elements = FortranOrder.ToC(elements.Span, header.Shape, type.DType.ItemSize);
        return NumpyArray.Wrap(type, header.Shape, elements);
    }

    internal static NumpyType TypeOf(NpyHeader header)
    {
        byte[] descr = Encoding.UTF8.GetBytes(header.Descr);
        return NumpyType.TryParse(descr, out NumpyType type) ? type : throw NumpyArray.UnknownType(descr);
    }
}
