namespace Eisen.Serve.Data;

/// <summary>What follows from an element type alone: its size and its name.</summary>
public static class DTypeExtensions
{
    extension(DType dtype)
    {
        /// <summary>Bytes per element.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The value is not one of the enumeration's.</exception>
        public int ItemSize => dtype switch
        {
            DType.Int8 or DType.UInt8 or DType.Bool => 1,
            DType.Float16 or DType.BFloat16 or DType.Int16 or DType.UInt16 => 2,
            DType.Float32 or DType.Int32 or DType.UInt32 => 4,
            DType.Float64 or DType.Int64 or DType.UInt64 => 8,
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "No such dtype."),
        };

        /// <summary>The name that numpy and torch use: <c>float32</c>, <c>uint8</c>, <c>bool</c>.</summary>
        public string TypeName => dtype switch
        {
            DType.Float16 => "float16",
            DType.BFloat16 => "bfloat16",
            DType.Float32 => "float32",
            DType.Float64 => "float64",
            DType.Int8 => "int8",
            DType.UInt8 => "uint8",
            DType.Int16 => "int16",
            DType.Int32 => "int32",
            DType.Int64 => "int64",
            DType.Bool => "bool",
            DType.UInt16 => "uint16",
            DType.UInt32 => "uint32",
            DType.UInt64 => "uint64",
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "No such dtype."),
        };

        /// <summary>Whether a tensor can have this type: numpy's unsigned integers of more than a byte have none in
        /// libtorch.</summary>
        public bool IsTensorType => dtype is >= DType.Float16 and <= DType.Bool;
    }

    /// <summary>Finds the element type of a numpy or torch name, for example <c>float32</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out DType dtype)
    {
        DType? found = name switch
        {
            "float16" => DType.Float16,
            "bfloat16" => DType.BFloat16,
            "float32" => DType.Float32,
            "float64" => DType.Float64,
            "int8" => DType.Int8,
            "uint8" => DType.UInt8,
            "int16" => DType.Int16,
            "int32" => DType.Int32,
            "int64" => DType.Int64,
            "bool" => DType.Bool,
            "uint16" => DType.UInt16,
            "uint32" => DType.UInt32,
            "uint64" => DType.UInt64,
            _ => null,
        };
        dtype = found ?? default;
        return found is not null;
    }

    /// <summary>The element type that a .NET type stands for. There is none for bfloat16, which lies in memory as
    /// <see cref="ushort"/>.</summary>
    /// <exception cref="NotSupportedException">No dtype corresponds to <typeparamref name="T"/>.</exception>
    internal static DType Of<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DType.Float32;
        if (typeof(T) == typeof(double)) return DType.Float64;
        if (typeof(T) == typeof(Half)) return DType.Float16;
        if (typeof(T) == typeof(sbyte)) return DType.Int8;
        if (typeof(T) == typeof(byte)) return DType.UInt8;
        if (typeof(T) == typeof(short)) return DType.Int16;
        if (typeof(T) == typeof(int)) return DType.Int32;
        if (typeof(T) == typeof(long)) return DType.Int64;
        if (typeof(T) == typeof(bool)) return DType.Bool;
        if (typeof(T) == typeof(ushort)) return DType.UInt16;
        if (typeof(T) == typeof(uint)) return DType.UInt32;
        if (typeof(T) == typeof(ulong)) return DType.UInt64;
        throw new NotSupportedException($"No dtype corresponds to {typeof(T)}.");
    }
}
