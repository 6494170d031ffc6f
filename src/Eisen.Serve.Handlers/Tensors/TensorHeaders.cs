using System.Globalization;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>The header fields that tell what a raw tensor's bytes are.</summary>
internal static class TensorHeaders
{
    /// <summary>The most dimensions of a raw tensor.</summary>
    public const int MaxDimensions = 16;

    private const string DTypeName = "X-Tensor-Dtype";
    private const string ShapeName = "X-Tensor-Shape";
    private const int MostShown = 100;

    /// <summary>Whether a request has any of them.</summary>
    public static bool AreIn(RequestHeaders headers) => headers[DTypeName] is not null || headers[ShapeName] is not null;

    /// <summary>Reads a raw tensor.</summary>
    /// <param name="headers">The request's header fields.</param>
    /// <param name="bytes">The tensor's bytes, in which it lies.</param>
    /// <exception cref="BadInputException">The fields are missing or wrong, or do not fit the bytes.</exception>
    public static NDArray Read(RequestHeaders headers, ReadOnlyMemory<byte> bytes)
    {
        DType dtype = ReadDType(headers[DTypeName]);
        Span<long> shape = stackalloc long[MaxDimensions];
        shape = shape[..ReadShape(headers[ShapeName], shape)];
        if (!NDArray.Fits(dtype, shape))
            throw new BadInputException($"{ShapeName} {TensorBytes.Join(shape)} of {dtype.TypeName} has a negative dimension, or takes more than 2 GiB");
        return TensorBytes.Wrap(dtype, shape, bytes, "the body");
    }

    /// <summary>The fields of an answer.</summary>
    public static KeyValuePair<string, string>[] Of(DType dtype, ReadOnlySpan<long> shape) =>
        [new(DTypeName, dtype.TypeName), new(ShapeName, TensorBytes.Join(shape))];

    private static DType ReadDType(string? text)
    {
        if (text is null)
            throw new BadInputException($"the header field {DTypeName} is missing; it names the numbers' type, such as float32. Other forms than raw bytes are .npy, safetensors and JSON");
        return DTypeExtensions.TryParse(text, out DType dtype) && dtype.IsTensorType ? dtype : throw new BadInputException($"{DTypeName} is '{Shown(text)}'; it takes a dtype such as float32, int64 or uint8");
    }

    private static int ReadShape(string? text, Span<long> shape)
    {
        if (text is null)
            throw new BadInputException($"the header field {ShapeName} is missing; it has the dimensions, such as 1,3,224,224");
        int dimensions = 0;
        if (string.IsNullOrWhiteSpace(text))
            return dimensions;
        foreach (Range range in text.AsSpan().Split(','))
        {
            if (dimensions == MaxDimensions || !long.TryParse(text.AsSpan(range), NumberStyles.Integer, CultureInfo.InvariantCulture, out shape[dimensions++]))
                throw new BadInputException($"{ShapeName} is '{Shown(text)}'; it takes up to {MaxDimensions} whole numbers with commas between, such as 1,3,224,224");
        }

        return dimensions;
    }

    private static string Shown(string text) => text.Length <= MostShown ? text : $"{text.AsSpan(0, MostShown)}...";
}
