using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Transforms;

namespace Eisen.Serve.Handlers.Nifti;

/// <summary>A type of voxels.</summary>
/// <param name="Code">NIfTI's number for it.</param>
/// <param name="Element">The type of a voxel's number, or of each part of it.</param>
/// <param name="IsComplex">Whether there are two parts, of which the first is the real one.</param>
internal readonly record struct NiftiType(short Code, ElementType Element, bool IsComplex = false)
{
    private static readonly NiftiType[] Known =
    [
        new(2, ElementType.UInt8),
        new(4, ElementType.Int16),
        new(8, ElementType.Int32),
        new(16, ElementType.Float32),
        new(32, ElementType.Float32, IsComplex: true),
        new(64, ElementType.Float64),
        new(256, ElementType.Int8),
        new(512, ElementType.UInt16),
        new(768, ElementType.UInt32),
        new(1024, ElementType.Int64),
        new(1280, ElementType.UInt64),
        new(1792, ElementType.Float64, IsComplex: true),
    ];

    /// <summary>The dtypes that a file can have.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Where(type => !type.IsComplex).Select(type => type.Name)];

    /// <summary>numpy's name for the type.</summary>
    public string Name => IsComplex ? Element == ElementType.Float32 ? "complex64" : "complex128" : Element.ToString().ToLowerInvariant();

    /// <summary>Bytes per voxel.</summary>
    public int ItemSize => Element.ItemSize * (IsComplex ? 2 : 1);

    /// <summary>The type of a number.</summary>
    /// <exception cref="NiftiException">There is none, or it has no counterpart here.</exception>
    public static NiftiType FromCode(short code)
    {
        foreach (NiftiType type in Known)
        {
            if (type.Code == code)
                return type;
        }

        string? other = code switch
        {
            1 => "single bits",
            128 => "RGB24",
            1536 => "float128",
            2048 => "complex256",
            2304 => "RGBA32",
            _ => null,
        };
        throw new NiftiException($"has voxels of datatype {code}{(other is null ? "" : $" ({other})")}; {string.Join(", ", Known.Select(type => $"{type.Code} ({type.Name})"))} can be read");
    }

    /// <summary>The type of numpy's name; false when no file can have it.</summary>
    public static bool TryParse(string name, out NiftiType type)
    {
        type = Known.FirstOrDefault(type => !type.IsComplex && type.Name == name);
        return type.Code != 0;
    }

    /// <summary>The type of an element; numpy's float16 and bool are none of NIfTI's.</summary>
    public static NiftiType Of(ElementType element) => Known.First(type => !type.IsComplex && type.Element == element);
}
