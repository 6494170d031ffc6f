using System.Diagnostics;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Transforms;

/// <summary>NIfTI files that were written here, opened with nibabel.</summary>
public sealed class NumpyToNiftiTests
{
    // Prints what nibabel finds: the header's geometry, and the voxels in C order.
    private const string Script = """
        import json, sys, nibabel, numpy
        image = nibabel.load(sys.argv[1])
        header = image.header
        data = numpy.asanyarray(image.dataobj)
        print(json.dumps({"dtype": str(data.dtype.newbyteorder("=")), "shape": data.shape, "voxels": numpy.ravel(data).tolist(), "affine": image.affine.tolist(),
            "qform": header.get_qform().tolist(), "codes": [int(header["qform_code"]), int(header["sform_code"])],
            "zooms": [float(zoom) for zoom in header.get_zooms()], "units": header.get_xyzt_units(), "descrip": header["descrip"].item().decode()}))
        """;

    private const string Read = """{"type": "eisen.transforms.NiftiToNumpy", "params": {"fields": ["image"]}}""";

    // The corners of a volume that is rotated by a quarter turn about its third axis, in the qform and the sform.
    private static readonly float[] SForm = [0, -1.5f, 0, 10, 2, 0, 0, -20, 0, 0, 3, 30];

    [Fact]
    public void Apply_MaskOfAVolume_LiesWhereTheVolumeLies()
    {
        using FieldDictionary fields = new() { ["image"] = new FieldValue.Bytes(Volume()) };
        Apply(fields, $$$"""[{{{Read}}}, {"type": "eisen.transforms.AddChannelDimension", "params": {"fields": ["image"]}}]""");
        fields["mask"] = new FieldValue.Array(fields.Own(Mask(1, 1, 2, 3, 4)));
        Apply(fields, """
            [{"type": "eisen.transforms.FilterFields", "params": {"fields": ["mask"]}},
             {"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["mask"], "data_types": {"mask": "uint8"}}}]
            """);

        JsonElement seen = Nibabel(fields["mask"]);
        seen.GetProperty("dtype").GetString().ShouldBe("uint8");
        Numbers(seen.GetProperty("shape")).ShouldBe([2, 3, 4]);
        Numbers(seen.GetProperty("voxels")).ShouldBe(Enumerable.Range(0, 24).Select(i => (double)i));
        Flat(seen.GetProperty("affine")).ShouldBe([.. SForm, 0, 0, 0, 1], 1e-5);
        Flat(seen.GetProperty("qform")).ShouldBe([.. SForm, 0, 0, 0, 1], 1e-5);
        Numbers(seen.GetProperty("codes")).ShouldBe([1, 4]);
        Numbers(seen.GetProperty("zooms")).ShouldBe([2, 1.5, 3], 1e-6);
        seen.GetProperty("units").EnumerateArray().Select(unit => unit.GetString()).ShouldBe(["mm", "sec"]);
        seen.GetProperty("descrip").GetString().ShouldBe("");
    }

    [Fact]
    public void Apply_CroppedVolume_LiesWhereThePartWas()
    {
        using FieldDictionary fields = new() { ["image"] = new FieldValue.Bytes(Volume()) };
        Apply(fields, $$$"""
            [{{{Read}}}, {"type": "eisen.transforms.CropCenteredSubVolumes", "params": {"fields": ["image"], "size": [4, 1, 4]}},
             {"type": "eisen.transforms.RenameFields", "params": {"fields": ["image"], "new_fields": ["scan"]}},
             {"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["scan"], "compress": true}}]
            """);

        JsonElement seen = Nibabel(fields["scan"], ".nii.gz");
        Numbers(seen.GetProperty("shape")).ShouldBe([4, 1, 4]);
        // One voxel was added before the first axis, one was cut before the second.
        double[] moved = [0, -1.5, 0, 10 - 1.5, 2, 0, 0, -20 - 2, 0, 0, 3, 30, 0, 0, 0, 1];
        Flat(seen.GetProperty("affine")).ShouldBe(moved, 1e-5);
        Flat(seen.GetProperty("qform")).ShouldBe(moved, 1e-5);
        Numbers(seen.GetProperty("voxels")).ShouldBe([0, 0, 0, 0, 4, 5, 6, 7, 16, 17, 18, 19, 0, 0, 0, 0]);
    }

    [Fact]
    public void Apply_NoVolumeRead_LiesWhereTheOriginalPutsIt()
    {
        using FieldDictionary fields = new();
        fields["mask"] = new FieldValue.Array(fields.Own(Mask(2, 3, 4)));
        Apply(fields, """[{"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["mask"]}}]""");

        JsonElement seen = Nibabel(fields["mask"]);
        seen.GetProperty("dtype").GetString().ShouldBe("float32");
        Flat(seen.GetProperty("affine")).ShouldBe([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
        Numbers(seen.GetProperty("codes")).ShouldBe([0, 2]);
    }

    [Fact]
    public void Apply_AffineGiven_GoesBeforeTheVolumes()
    {
        using FieldDictionary fields = new() { ["image"] = new FieldValue.Bytes(Volume()) };
        Apply(fields, $$$"""
            [{{{Read}}}, {"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["image"], "data_types": {"image": "int16"},
              "affine": [[-2, 0, 0, 5], [0, 0, 4.5, 6], [0, 3, 0, 7], [0, 0, 0, 1]]}}]
            """);

        JsonElement seen = Nibabel(fields["image"]);
        seen.GetProperty("dtype").GetString().ShouldBe("int16");
        Flat(seen.GetProperty("affine")).ShouldBe([-2, 0, 0, 5, 0, 0, 4.5, 6, 0, 3, 0, 7, 0, 0, 0, 1]);
        Numbers(seen.GetProperty("zooms")).ShouldBe([2, 3, 4.5]);
    }

    [Fact]
    public void Apply_Multichannel_PutsChannelsLast()
    {
        using FieldDictionary fields = new();
        fields["scores"] = new FieldValue.Array(fields.Own(Mask(1, 2, 3, 4, 20)));
        Apply(fields, """[{"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["scores"], "multichannel": true, "data_types": {"scores": "float64"}}}]""");

        JsonElement seen = Nibabel(fields["scores"]);
        Numbers(seen.GetProperty("shape")).ShouldBe([3, 4, 20, 2]);
        Numbers(seen.GetProperty("voxels")).ShouldBe(Enumerable.Range(0, 480).Select(i => (double)(i % 2 * 240 + i / 2)));
    }

    [Fact]
    public void Apply_SeriesOverTime_KeepsItsOrder()
    {
        byte[] file = NiftiBytes.Make(2, 1, [1, 3, 4, 2]);
        for (int i = 0; i < 24; i++)
            file[NiftiBytes.DataOffset + i] = (byte)i;
        using FieldDictionary fields = new() { ["image"] = new FieldValue.Bytes(file) };
        Apply(fields, $$$"""[{{{Read}}}, {"type": "eisen.transforms.NumpyToNifti", "params": {"fields": ["image"], "data_types": {"image": "uint8"} } }]""");

        ((FieldValue.Bytes)fields["image"]).Content.Span[NiftiBytes.DataOffset..].ToArray().ShouldBe(file[NiftiBytes.DataOffset..]);
    }

    [Theory]
    [InlineData("image", 0, "NumpyToNifti: field 'mask' is float32[2, 3, 5]; to lie where its volume lay it must have that one's shape, [2, 3, 4], or the parameter 'affine' must say where it lies")]
    [InlineData("image other", 0, "NumpyToNifti: field 'mask' may belong to any of the NIfTI volumes of 'image', 'other', which lie differently; the parameter 'like' says to which")]
    [InlineData("image", 1, "NumpyToNifti: field 'mask' cannot be put where the volume of 'scan' was: NIfTI volumes were read from 'image'")]
    [InlineData("", 1, "NumpyToNifti: field 'mask' cannot be put where the volume of 'scan' was: no NIfTI volume was read")]
    public void Apply_PlaceUnknown_SaysWhatIsMissing(string read, int like, string message)
    {
        using FieldDictionary fields = new();
        foreach (string name in read.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            fields[name] = new FieldValue.Bytes(Volume(name == "image" ? 3 : 4));
            Apply(fields, Read.Insert(0, "[").Replace("image", name) + "]");
        }

        fields["mask"] = new FieldValue.Array(fields.Own(Mask(2, 3, 5)));
        string parameters = like == 0 ? """{"fields": ["mask"]}""" : """{"fields": ["mask"], "like": "scan"}""";
        Should.Throw<BadInputException>(() => Apply(fields, $$"""[{"type": "eisen.transforms.NumpyToNifti", "params": {{parameters}} }]"""))
            .Message.ShouldBe(message);
    }

    /// <summary>int16[2, 3, 4], numbered in C order; turned, not at the origin, in millimetres and seconds.</summary>
    private static byte[] Volume(float thickness = 3)
    {
        byte[] file = NiftiBytes.Make(4, 2, [2, 3, 4]);
        for (short i = 0; i < 24; i++)
            file.Set(NiftiBytes.DataOffset + 2 * (i / 12 + i / 4 % 3 * 2 + i % 4 * 6), i);
        float half = MathF.Sqrt(0.5f);
        file.Set(80, 2f).Set(84, 1.5f).Set(88, thickness).Set(252, (short)1).Set(254, (short)4).Set(264, half).Set(268, SForm[3]).Set(272, SForm[7]).Set(276, SForm[11]);
        for (int i = 0; i < SForm.Length; i++)
            file.Set(280 + 4 * i, SForm[i]);
        file[123] = 2 | 8;
        "a patient's name"u8.CopyTo(file.AsSpan(148));
        return file;
    }

    private static NDArray Mask(params long[] shape)
    {
        float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, length) => product * length)).Select(i => (float)i)];
        return NDArray.Copy<float>(values, shape);
    }

    private static void Apply(FieldDictionary fields, string transforms)
    {
        foreach (IFieldTransform transform in TransformCases.Parse(transforms))
            transform.Apply(fields);
    }

    private static JsonElement Nibabel(FieldValue value, string extension = ".nii")
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "volume" + extension);
        File.WriteAllBytes(path, ((FieldValue.Bytes)value).Content.ToArray());
        ProcessStartInfo start = new("/usr/bin/python3", ["-c", Script, path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        string printed = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        python.ExitCode.ShouldBe(0, errors.Result);
        using JsonDocument document = JsonDocument.Parse(printed);
        return document.RootElement.Clone();
    }

    private static IEnumerable<double> Numbers(JsonElement list) => list.EnumerateArray().Select(number => number.GetDouble());

    private static IEnumerable<double> Flat(JsonElement matrix) => matrix.EnumerateArray().SelectMany(Numbers);
}
