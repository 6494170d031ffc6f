using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Puts a dimension of length 1 before the others. No element is copied.</summary>
/// <param name="names">The fields' names.</param>
internal sealed class AddChannelDimension(string[] names) : ArrayTransform(nameof(AddChannelDimension), names)
{
    public static AddChannelDimension Read(TransformParameters parameters) => new(parameters.GetFields());

    protected override NDArray Transform(FieldArray source)
    {
        NDArray array = source.Array;
        if (array.Shape.Length == FieldArray.MaxDimensions)
            throw source.Mistake($"has {FieldArray.MaxDimensions} dimensions already, the most that there can be");
        return NDArray.Wrap(array.DType, [1, .. array.Shape], array.Memory);
    }
}
