using Eisen.Serve.Data;
using TorchSharp;

namespace Eisen.Serve.TorchSharp.Values;

/// <summary>The element types that arrays and tensors share.</summary>
internal static class TensorTypes
{
    /// <summary>The tensor's type for an array's, or null.</summary>
    public static torch.ScalarType? Of(DType dtype) => dtype switch
    {
        DType.Float16 => torch.ScalarType.Float16,
        DType.BFloat16 => torch.ScalarType.BFloat16,
        DType.Float32 => torch.ScalarType.Float32,
        DType.Float64 => torch.ScalarType.Float64,
        DType.Int8 => torch.ScalarType.Int8,
        DType.UInt8 => torch.ScalarType.Byte,
        DType.Int16 => torch.ScalarType.Int16,
        DType.Int32 => torch.ScalarType.Int32,
        DType.Int64 => torch.ScalarType.Int64,
        DType.Bool => torch.ScalarType.Bool,
        _ => null,
    };

    /// <summary>The array's type for a tensor's, or null.</summary>
    public static DType? Of(torch.ScalarType type)
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            if (Of(dtype) == type)
                return dtype;
        }

        return null;
    }
}
