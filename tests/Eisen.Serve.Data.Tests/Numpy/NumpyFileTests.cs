using System.Buffers;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace Eisen.Serve.Data.Tests.Numpy;

/// <summary>numpy's files, written and read by numpy itself.</summary>
public sealed class NumpyFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("eisen-numpy-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Read_WhatNumpySaved_IsTheArray()
    {
        Python("""
            import numpy as np
            a = np.arange(24).reshape(2, 3, 4)
            np.save('c.npy', a.astype('<f4')); np.save('f.npy', np.asfortranarray(a.astype('<i2'))); np.save('big.npy', a.astype('>f8'))
            np.save('zero.npy', np.array(7, 'uint64')); np.save('empty.npy', np.zeros((0, 3), 'float16')); np.save('bool.npy', np.array([True, False]))
            np.save('object.npy', np.array([None]), allow_pickle=True); np.save('record.npy', np.zeros(2, 'i4,f4'))
            np.savez('a.npz', image=a.astype('float32'), mask=np.asfortranarray(a > 3), be=a.astype('>i4')); np.savez_compressed('packed.npz', image=np.zeros((100, 100, 100)))
            """);
        float[] counted = [.. Enumerable.Range(0, 24).Select(number => (float)number)];

        Read("c").AsSpan<float>().ToArray().ShouldBe(counted);
        Read("c").Shape.ToArray().ShouldBe([2, 3, 4]);
        Read("f").AsSpan<short>().ToArray().ShouldBe(counted.Select(number => (short)number));
        Read("big").AsSpan<double>().ToArray().ShouldBe(counted.Select(number => (double)number));
        Read("zero").ToString().ShouldBe("uint64[]");
        Read("zero").AsSpan<ulong>()[0].ShouldBe(7ul);
        Read("empty").ToString().ShouldBe("float16[0, 3]");
        Read("bool").AsSpan<bool>().ToArray().ShouldBe([true, false]);
        Should.Throw<DataFormatException>(() => Read("object")).Message.ShouldContain("the element type '|O' is none that arrays have here");
        Should.Throw<DataFormatException>(() => Read("record")).Message.ShouldContain("header is not like");

        using FieldDictionary fields = NpzFile.ReadFields(Bytes("a.npz"));
        fields.Names.ShouldBe(["image", "mask", "be"]);
        Elements(fields, "image").AsSpan<float>().ToArray().ShouldBe(counted);
        Elements(fields, "mask").AsSpan<bool>().ToArray().ShouldBe(counted.Select(number => number > 3));
        Elements(fields, "be").AsSpan<int>().ToArray().ShouldBe(counted.Select(number => (int)number));
        using FieldDictionary packed = NpzFile.ReadFields(Bytes("packed.npz"));
        Elements(packed, "image").ToString().ShouldBe("float64[100, 100, 100]");
        Elements(packed, "image").AsSpan<double>().ContainsAnyExcept(0.0).ShouldBeFalse();
    }

    [Fact]
    public void Write_EachDType_NumpyLoads()
    {
        using FieldDictionary fields = new();
        foreach (DType dtype in Enum.GetValues<DType>().Where(dtype => dtype != DType.BFloat16))
        {
            NDArray array = fields.Own(NDArray.Allocate(dtype, [2, 1]));
            array.Memory.Span.Clear();
            array.Memory.Span[0] = 1;
            fields[dtype.TypeName] = new FieldValue.Array(array);
            Save($"{dtype.TypeName}.npy", output => NpyFile.Write(output, array));
        }

        fields["text"] = new FieldValue.Text("é中😀");
        fields["none"] = FieldValue.None.Instance;
        fields["empty"] = new FieldValue.Text("");
        fields["bytes"] = new FieldValue.Bytes(new byte[] { 1, 2 });
        fields["integer"] = new FieldValue.Integer(-3);
        fields["large"] = new FieldValue.Integer(ulong.MaxValue);
        fields["float"] = new FieldValue.Float(0.1);
        fields["truth"] = new FieldValue.Bool(true);
        Save("all.npz", output => NpzFile.WriteFields(output, fields, _ => "null"));

        Python("""
            import numpy as np
            z = np.load('all.npz')
            for name in 'float16 float32 float64 int8 uint8 int16 int32 int64 uint16 uint32 uint64 bool'.split():
                for a in (np.load(name + '.npy'), z[name]):
                    assert a.dtype == name and a.shape == (2, 1) and a.view('uint8').ravel()[0] == 1, (name, a)
            assert str(z['text']) == 'é中😀' and str(z['empty']) == '' and str(z['none']) == 'null'
            assert z['bytes'].tolist() == [1, 2] and z['integer'] == -3 and z['large'] == 2**64 - 1 and z['float'] == 0.1 and z['truth'].item() is True
            """);
    }

    [Theory]
    [InlineData("", "it does not begin with")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3), }", "header is not like")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "header is not like")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "more than 2 GiB")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "float32[2, 3] takes 24 bytes, but there are 0")]
    [InlineData("{'descr': '<f4', 'fortran_order': maybe, 'shape': (), }", "header is not like")]
    [InlineData("{'descr': '<f4', 'shape': (), }", "header is not like")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 'x'}", "header is not like")]
    [InlineData("{'descr': '<f4", "header is not like")]
    public void Read_BrokenHeader_IsRefused(string header, string reason)
    {
        byte[] file = header.Length == 0 ? [] : [0x93, .. "NUMPY\u0001\0"u8, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header)];

        Should.Throw<DataFormatException>(() => NpyFile.Read(file)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Read_HeaderLengthThatLies_IsRefused()
    {
        byte[] file = [0x93, .. "NUMPY\u0002\0"u8, 0xff, 0xff, 0xff, 0xff, 0];
        Should.Throw<DataFormatException>(() => NpyFile.Read(file)).Message.ShouldContain("should have 4294967295 bytes");
        file[6] = 4;
        Should.Throw<DataFormatException>(() => NpyFile.Read(file)).Message.ShouldContain("version 4; there are 1 to 3");
        file[6] = 1;
        Should.Throw<DataFormatException>(() => NpyFile.Read(file)).Message.ShouldContain("should have 65535 bytes");
    }

    [Fact]
    public void ReadFields_Bomb_IsRefused()
    {
        byte[] file = Zip(("a.npy", new byte[70 << 20]));

        Should.Throw<DataFormatException>(() => NpzFile.ReadFields(file)).Message.ShouldContain("entries take more than 64 MiB");
    }

    [Fact]
    public void ReadFields_BrokenZip_IsRefused()
    {
        byte[] array = Npy();
        byte[] file = Zip(("a.npy", array));
        Should.NotThrow(() => NpzFile.ReadFields(file).Dispose());

        Should.Throw<DataFormatException>(() => NpzFile.ReadFields(file.AsMemory(0, file.Length - 30)));
        Should.Throw<DataFormatException>(() => NpzFile.ReadFields("PK\u0003\u0004"u8.ToArray())).Message.ShouldContain("no directory at its end");
        Should.Throw<DataFormatException>(() => NpzFile.ReadFields(Zip(("a.npy", array), ("a", array)))).Message.ShouldBe("the .npz file has 'a' twice");
        Should.Throw<DataFormatException>(() => NpzFile.ReadFields(Zip(("a.txt", [1, 2, 3])))).Message.ShouldContain("does not begin with");
        Should.Throw<DataFormatException>(() => NpzFile.ReadFields(Zip([.. Enumerable.Range(0, 1001).Select(i => ($"{i}", array))]))).Message.ShouldContain("1001 entries; 1000 are the most");

        for (int at = 0; at < file.Length; at++)
        {
            byte[] changed = [.. file];
            changed[at] ^= 0xff;
            try
            {
                NpzFile.ReadFields(changed).Dispose();
            }
            catch (DataFormatException)
            {
                // Refused, or read: nothing else.
            }
        }
    }

    private static byte[] Npy()
    {
        using NDArray array = NDArray.Copy<float>([1, 2], 2);
        ArrayBufferWriter<byte> output = new();
        NpyFile.Write(output, array);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static NDArray Elements(FieldDictionary fields, string name) => ((FieldValue.Array)fields[name]).Elements;

    private NDArray Read(string name) => NpyFile.Read(Bytes($"{name}.npy"));

    private byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(folder, name));

    private void Save(string name, Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> output = new();
        write(output);
        File.WriteAllBytes(Path.Combine(folder, name), output.WrittenSpan);
    }

    private void Python(string script)
    {
        ProcessStartInfo start = new("/usr/bin/python3") { WorkingDirectory = folder, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        using Process python = Process.Start(start)!;
        string errors = python.StandardError.ReadToEnd();
        python.WaitForExit();
        python.ExitCode.ShouldBe(0, errors);
    }
}
