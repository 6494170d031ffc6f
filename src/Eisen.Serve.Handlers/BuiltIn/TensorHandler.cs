using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The fast path for clients that have numbers: the body is a tensor's bytes in C order, little-endian, with its dtype and
/// shape in the header fields <c>X-Tensor-Dtype</c> (<c>float32</c>) and <c>X-Tensor-Shape</c> (<c>1,3,224,224</c>, the
/// batch dimension included); the module's tensor comes back the same way. Nothing is parsed, and bytes are not copied
/// on the way in or out. Parameters: <c>dtype</c> (float32) and <c>input_shape</c>, the usual shape of one request with its
/// batch dimension, for the warm-up.
/// </summary>
/// <remarks>Requests of equal shape are put together along the first dimension, and get their part of the output's.</remarks>
internal sealed class TensorHandler : StackingHandler
{
    private const string DTypeHeader = "X-Tensor-Dtype";
    private const string ShapeHeader = "X-Tensor-Shape";
    private const int MaxDimensions = 16;
    private const int MostShown = 100;

    private readonly DType dtype;
    private readonly long[]? inputShape;

    public TensorHandler(HandlerContext context)
    {
        HandlerParameters parameters = new(context);
        (dtype, inputShape) = parameters.GetInput(given => given.IsTensorType, MaxDimensions);
        parameters.RequireCorrect();
    }

    public override TorchValue[]? ExampleInputs(int batchSize) => inputShape is null ? null : Example(dtype, inputShape, batchSize);

    // A number has no first dimension to be put together along, and an empty tensor none to be told apart by.
    public override object? BatchKey(HandlerRequest request) =>
        ArrayOf(request) is { ElementCount: > 0, Shape.Length: > 0 } array ? array.ToString() : request;

    protected override NDArray Decode(HandlerRequest request)
    {
        RequestPart payload = PayloadOf(request);
        DType given = ReadDType(request.Headers[DTypeHeader]);
        Span<long> shape = stackalloc long[MaxDimensions];
        shape = shape[..ReadShape(request.Headers[ShapeHeader], shape)];
        if (!NDArray.Fits(given, shape))
            throw new BadInputException($"{ShapeHeader} {Join(shape)} of {given.TypeName} has a negative dimension, or takes more than 2 GiB");
        int needed = NDArray.ByteLength(given, shape);
        if (needed != payload.Content.Length)
            throw new BadInputException($"{given.TypeName}[{Join(shape)}] takes {needed} bytes, but the body has {payload.Content.Length}");
        return NDArray.Wrap(given, shape, MemoryMarshal.AsMemory(payload.Content));
    }

    protected override bool AddsBatchDimension => false;

    protected override HandlerAnswer Encode(TorchValue output, int row, int rows, SharedMemory memory)
    {
        if (output is not TorchValue.Tensor { Array: var array })
            throw new UnusableOutputException($"tensor needs one tensor from the module, which returned a {output.GetType().Name.ToLowerInvariant()}.");

        ReadOnlySpan<long> shape = array.Shape;
        ReadOnlyMemory<byte> bytes = array.Memory;
        if (rows > 1)
        {
            if (shape.IsEmpty || shape[0] % rows != 0)
                throw new UnusableOutputException($"The module returned {array} for {rows} requests: the first dimension must be theirs.");
            int length = array.Memory.Length / rows;
            bytes = bytes.Slice(row * length, length);
            shape = (long[])[shape[0] / rows, .. shape[1..]];
        }

        KeyValuePair<string, string>[] headers = [new(DTypeHeader, array.DType.TypeName), new(ShapeHeader, Join(shape))];
        return HandlerAnswer.Success(bytes, "application/octet-stream", memory.Share(), headers);
    }

    private static DType ReadDType(string? text)
    {
        if (text is null)
            throw new BadInputException($"the header field {DTypeHeader} is missing; it names the numbers' type, such as float32");
        return DTypeExtensions.TryParse(text, out DType dtype) && dtype.IsTensorType ? dtype : throw new BadInputException($"{DTypeHeader} is '{Shown(text)}'; it takes a dtype such as float32, int64 or uint8");
    }

    private static int ReadShape(string? text, Span<long> shape)
    {
        if (text is null)
            throw new BadInputException($"the header field {ShapeHeader} is missing; it has the dimensions, such as 1,3,224,224");
        int dimensions = 0;
        if (string.IsNullOrWhiteSpace(text))
            return dimensions;
        foreach (Range range in text.AsSpan().Split(','))
        {
            if (dimensions == MaxDimensions || !long.TryParse(text.AsSpan(range), NumberStyles.Integer, CultureInfo.InvariantCulture, out shape[dimensions++]))
                throw new BadInputException($"{ShapeHeader} is '{Shown(text)}'; it takes up to {MaxDimensions} whole numbers with commas between, such as 1,3,224,224");
        }

        return dimensions;
    }

    private static string Join(ReadOnlySpan<long> shape)
    {
        DefaultInterpolatedStringHandler text = new(0, shape.Length, CultureInfo.InvariantCulture, stackalloc char[128]);
        for (int i = 0; i < shape.Length; i++)
        {
            if (i > 0)
                text.AppendLiteral(",");
            text.AppendFormatted(shape[i]);
        }

        return text.ToStringAndClear();
    }

    private static string Shown(string text) => text.Length <= MostShown ? text : $"{text.AsSpan(0, MostShown)}...";
}
