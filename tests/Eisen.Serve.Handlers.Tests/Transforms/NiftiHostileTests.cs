using System.Buffers.Binary;
using System.IO.Compression;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>Files that lie, end early, or are something else.</summary>
public sealed class NiftiHostileTests
{
    private const string Read = """[{"type": "eisen.transforms.NiftiToNumpy", "params": {"fields": ["f"]}}]""";
    private const string Resample = """[{"type": "eisen.transforms.ResampleNiftiVolumes", "params": {"fields": ["f"], "resolution": [1, 1, 1]}}]""";

    public static TheoryData<string, byte[], string> Files => new()
    {
        { "nothing", [], "is empty; it must be a NIfTI-1 file" },
        { "a few bytes", [1, 2, 3], "ends within its header of 348 bytes" },
        { "half a header", Valid()[..347], "ends within its header of 348 bytes" },
        { "another file", new byte[400], "is not a NIfTI-1 file: it begins with the bytes 00000000, where the header's length must be" },
        { "NIfTI-2", With(file => BinaryPrimitives.WriteInt32LittleEndian(file, 540)), "is NIfTI-2; save it as NIfTI-1" },
        { "NIfTI-2, big-endian", With(file => BinaryPrimitives.WriteInt32BigEndian(file, 540)), "is NIfTI-2; save it as NIfTI-1" },
        { "a pair", With(file => file[345] = (byte)'i'), "is the header of a pair of files (.hdr and .img); save both as one .nii file" },
        { "Analyze", With(file => file[344] = 0), "is not a NIfTI-1 file: the bytes 002B3100 stand where 'n+1' must be" },
        { "no dimensions", With(file => file.Set(40, (short)0)), "says that it has 0 dimensions; 1 to 7 are possible" },
        { "8 dimensions", With(file => file.Set(40, (short)8)), "says that it has 8 dimensions; 1 to 7 are possible" },
        { "negative dimensions", With(file => file.Set(40, (short)-3)), "says that it has -3 dimensions; 1 to 7 are possible" },
        { "an empty dimension", With(file => file.Set(44, (short)0)), "says that its dimension 2 is 0 long; 1 is the least" },
        { "a negative dimension", With(file => file.Set(46, (short)-1)), "says that its dimension 3 is -1 long; 1 is the least" },
        { "a huge shape", With(file => file.Set(40, (short)7), [32767, 32767, 32767, 32767, 32767, 32767, 32767]), "says that its shape is [32767, 32767, 32767, 32767, 32767, 32767, 32767] of int16, more than 2 GiB" },
        { "a large shape", With(_ => { }, [1000, 1000, 500]), "is too short: for int16[1000, 1000, 500] it must have 1000000352 bytes, but has 400" },
        { "one byte less", Valid()[..^1], "is too short: for int16[2, 3, 4] it must have 400 bytes, but has 399" },
        { "bits", With(file => file.Set(70, (short)1)), "has voxels of datatype 1 (single bits); 2 (uint8), 4 (int16)" },
        { "colours", With(file => file.Set(70, (short)128)), "has voxels of datatype 128 (RGB24); 2 (uint8), 4 (int16)" },
        { "an unknown type", With(file => file.Set(70, (short)-7)), "has voxels of datatype -7; 2 (uint8), 4 (int16)" },
        { "voxels in the header", With(file => file.Set(108, 100f)), "says that its voxels begin at byte 100; 352 is the least" },
        { "voxels before the file", With(file => file.Set(108, -1e30f)), "says that its voxels begin at byte -1E+30; 352 is the least" },
        { "voxels nowhere", With(file => file.Set(108, float.NaN)), "says that its voxels begin at byte NaN; 352 is the least" },
        { "voxels far away", With(file => file.Set(108, 1e9f)), "is too short: for int16[2, 3, 4] it must have 1000000048 bytes, but has 400" },
        { "a mad distance", With(file => file.Set(80, float.NaN)), "says that its voxels are NaN apart along dimension 1" },
        { "a mad intercept", With(file => file.Set(112, 1f).Set(116, float.PositiveInfinity)), "says that Infinity is to be added to its voxels" },
        { "no rotation", With(file => file.Set(252, (short)1).Set(256, 3f)), "has a qform that is no rotation" },
        { "no number", With(file => file.Set(252, (short)1).Set(256, float.NaN)), "has a qform that is no rotation" },
        { "no inverse", With(file => file.Set(254, (short)1)), "has an sform that has no inverse" },
        { "no gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255, 255], "has damaged gzip data" },
        { "half a gzip", Gzip(Valid())[..^40], "ends " },
        { "a changed gzip", Changed(Gzip(Valid())), "has damaged gzip data" },
        { "a gzip that promises a lot", Gzip(With(_ => { }, [1000, 1000, 500])), "is too short: for int16[1000, 1000, 500] it must have 1000000352 bytes, but " },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Apply_HostileFile_SaysWhatIsWrong(string what, byte[] file, string message)
    {
        using FieldDictionary fields = new() { ["f"] = new FieldValue.Bytes(file) };

        Should.Throw<BadInputException>(() => FieldTransforms.Apply(TransformCases.Parse(Read), fields), what).Message.ShouldStartWith($"NiftiToNumpy: field 'f' {message}");
        Should.Throw<BadInputException>(() => FieldTransforms.Apply(TransformCases.Parse(Resample), fields), what).Message.ShouldStartWith($"ResampleNiftiVolumes: field 'f' {message}");
    }

    [Theory]
    [InlineData(1000f, "would grow from [2, 3, 4] to [1001, 2001, 3001] voxels, more than 1000 times as many; its voxels may not be as large as it says")]
    [InlineData(1e9f, "would get 1E+09 voxels along an axis; NIfTI has at most 32767")]
    [InlineData(1e30f, "would get 1E+30 voxels along an axis; NIfTI has at most 32767")]
    public void Resample_VoxelsThatAreSaidToBeLarge_AllocatesNothing(float spacing, string message)
    {
        using FieldDictionary fields = new() { ["f"] = new FieldValue.Bytes(Valid().Set(80, spacing).Set(84, spacing).Set(88, spacing)) };

        Should.Throw<BadInputException>(() => TransformCases.Parse(Resample)[0].Apply(fields)).Message.ShouldBe($"ResampleNiftiVolumes: field 'f' {message}");
    }

    [Fact]
    public void Apply_AnyBytesChanged_GivesAnArrayOrSaysWhatIsWrong()
    {
        Random random = new(20240303);
        IReadOnlyList<IFieldTransform> both = [.. TransformCases.Parse(Resample), .. TransformCases.Parse(Read)];
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] file = i % 4 == 0 ? Gzip(Valid()) : Valid();
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                file[random.Next(i % 2 == 0 ? file.Length : Math.Min(file.Length, 348))] = (byte)random.Next(256);
            using FieldDictionary fields = new() { ["f"] = new FieldValue.Bytes(file) };
            try
            {
                FieldTransforms.Apply(both, fields);
                fields["f"].ShouldBeOfType<FieldValue.Array>();
                read++;
            }
            catch (BadInputException)
            {
            }
        }

        read.ShouldBeInRange(1000, 19_000);
    }

    private static byte[] Valid() => NiftiBytes.Make(4, 2, [2, 3, 4]).Set(46, (short)4);

    private static byte[] With(Action<byte[]> change, short[]? shape = null)
    {
        byte[] file = Valid();
        for (int i = 0; i < (shape ?? []).Length; i++)
            file.Set(42 + 2 * i, shape![i]);
        change(file);
        return file;
    }

    private static byte[] Gzip(byte[] file)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionLevel.Optimal))
            gzip.Write(file);
        return compressed.ToArray();
    }

    // The checksum is before the last four bytes.
    private static byte[] Changed(byte[] gzip)
    {
        gzip[^6] ^= 1;
        return gzip;
    }
}
