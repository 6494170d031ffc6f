using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Images;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Makes of a JPEG or PNG picture a float32 array of samples from 0 to 255: rows by columns when it is grey, rows by
/// columns by red, green and blue when it is not. Transparency is left out.
/// </summary>
/// <param name="names">The fields' names; each holds a picture's bytes.</param>
/// <param name="isMultichannel">Whether the array's last dimension comes first.</param>
internal sealed class PilToNumpy(string[] names, bool isMultichannel) : IFieldTransform
{
    public static PilToNumpy Read(TransformParameters parameters) => new(parameters.GetFields(), parameters.GetFlag("multichannel", otherwise: false));

    public void Apply(FieldDictionary fields)
    {
        foreach (string name in names)
        {
            ReadOnlyMemory<byte> content = fields.RequireBytes(nameof(PilToNumpy), name, "a JPEG or PNG picture's bytes");
            try
            {
                using Picture picture = PictureDecoder.Decode(content.Span, PictureDecoder.ChannelsOf(content.Span));
                fields[name] = new FieldValue.Array(ToArray(fields, picture));
            }
            catch (PictureException mistake)
            {
                throw new BadInputException($"{nameof(PilToNumpy)}: field {PrintableText.Quoted(name)} is not usable: {mistake.Message}");
            }
        }
    }

    private NDArray ToArray(FieldDictionary fields, Picture picture)
    {
        (int height, int width, int channels) = (picture.Height, picture.Width, picture.Channels);
        long[] shape = (isMultichannel, channels) switch
        {
            (false, 1) => [height, width],
            (false, _) => [height, width, channels],
            // The last dimension of a grey picture is its columns.
            (true, 1) => [width, height],
            (true, _) => [channels, height, width],
        };
        if (!NDArray.Fits(DType.Float32, shape))
            throw new PictureException($"a picture of {width} x {height} pixels is too large");

        NDArray array = fields.Own(NDArray.Allocate(DType.Float32, shape));
        Span<float> samples = array.AsSpan<float>();
        ReadOnlySpan<byte> pixels = picture.Pixels;
        if (!isMultichannel)
        {
            for (int i = 0; i < samples.Length; i++)
                samples[i] = pixels[i];
            return array;
        }

        int last = (int)shape[0];
        for (int i = 0, to = 0; i < last; i++)
        {
            for (int from = i; from < pixels.Length; from += last, to++)
                samples[to] = pixels[from];
        }

        return array;
    }
}
