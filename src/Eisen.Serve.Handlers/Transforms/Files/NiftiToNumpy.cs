using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Nifti;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Makes of a NIfTI file a float32 array, and notes where its voxels lie, for <see cref="NumpyToNifti"/>.
/// </summary>
/// <param name="names">The fields' names; each holds a file's bytes.</param>
/// <param name="isMultichannel">Whether the file's last dimension comes first.</param>
internal sealed class NiftiToNumpy(string[] names, bool isMultichannel) : IFieldTransform
{
    public static NiftiToNumpy Read(TransformParameters parameters) => new(parameters.GetFields(), parameters.GetFlag("multichannel", otherwise: false));

    public void Apply(FieldDictionary fields)
    {
        foreach (string name in names)
        {
            ReadOnlyMemory<byte> content = fields.RequireBytes(nameof(NiftiToNumpy), name, "a NIfTI-1 file's bytes");
            try
            {
                using NiftiFile file = NiftiFile.Open(content);
                long[] shape = file.Header.Shape;
                NDArray array = fields.Own(NDArray.Allocate(DType.Float32, isMultichannel ? [shape[^1], .. shape.AsSpan(..^1)] : shape));
                VoxelOrder.ReadAsFloat(file, isMultichannel, array.AsSpan<float>());
                file.CheckEnd();
                fields[name] = new FieldValue.Array(array);
                fields.Spaces[name] = file.Header.Space;
            }
            catch (NiftiException mistake)
            {
                throw new BadInputException($"{nameof(NiftiToNumpy)}: field {PrintableText.Quoted(name)} {mistake.Message}");
            }
        }
    }
}
