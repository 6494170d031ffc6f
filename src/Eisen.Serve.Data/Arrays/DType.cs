namespace Eisen.Serve.Data;

/// <summary>The type of an array's elements. The numbers are part of the native binding's ABI and never change.</summary>
public enum DType
{
    /// <summary>IEEE 754 half precision, 2 bytes.</summary>
    Float16 = 1,

    /// <summary>The upper half of a float32, 2 bytes. numpy has no such type.</summary>
    BFloat16 = 2,

    /// <summary>IEEE 754 single precision, 4 bytes.</summary>
    Float32 = 3,

    /// <summary>IEEE 754 double precision, 8 bytes.</summary>
    Float64 = 4,

    /// <summary>Signed integer, 1 byte.</summary>
    Int8 = 5,

    /// <summary>Unsigned integer, 1 byte.</summary>
    UInt8 = 6,

    /// <summary>Signed integer, 2 bytes.</summary>
    Int16 = 7,

    /// <summary>Signed integer, 4 bytes.</summary>
    Int32 = 8,

    /// <summary>Signed integer, 8 bytes.</summary>
    Int64 = 9,

    /// <summary>Truth value, 1 byte: 0 or 1.</summary>
    Bool = 10,

    /// <summary>Unsigned integer, 2 bytes. libtorch's tensors cannot have it, as the two that follow.</summary>
    UInt16 = 11,

    /// <summary>Unsigned integer, 4 bytes.</summary>
    UInt32 = 12,

    /// <summary>Unsigned integer, 8 bytes.</summary>
    UInt64 = 13,
}
