using System.Buffers;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Tensors;

/// <summary>The expected texts are what Python 3 prints with <c>json.dumps(value, indent=2)</c>.</summary>
public sealed class JsonValueWriterTests
{
    [Theory]
    [InlineData(2.0, "2.0")]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(0.1, "0.1")]
    [InlineData(100.0, "100.0")]
    [InlineData(1e-4, "0.0001")]
    [InlineData(1e-5, "1e-05")]
    [InlineData(-1.5e-7, "-1.5e-07")]
    [InlineData(123456789.0, "123456789.0")]
    [InlineData(999999999999999.0, "999999999999999.0")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(-1e15, "-1000000000000000.0")]
    [InlineData(1234567890123456.0, "1234567890123456.0")]
    [InlineData(-1234567890123456.8, "-1234567890123456.8")]
    [InlineData(9007199254740993.0, "9007199254740992.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(123456789012345680.0, "1.2345678901234568e+17")]
    [InlineData(1e22, "1e+22")]
    [InlineData(1e23, "1e+23")]
    [InlineData(0.00012345, "0.00012345")]
    [InlineData(1200.034, "1200.034")]
    [InlineData(1e100, "1e+100")]
    [InlineData(double.Epsilon, "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(-double.MaxValue, "-1.7976931348623157e+308")]
    public void WriteRow_Float_LooksLikePythons(double number, string expected) => Text(new TorchValue.Float(number)).ShouldBe(expected);

    [Fact]
    public void WriteRow_AnyFloat64_ReadsBackAsTheSameNumber()
    {
        Random random = new(20261122);
        for (int i = 0; i < 20_000; i++)
        {
            double number = i % 2 == 0 ? random.NextDouble() * Math.Pow(10, random.Next(12, 18)) : BitConverter.Int64BitsToDouble(random.NextInt64());
            if (double.IsFinite(number))
                double.Parse(Text(new TorchValue.Float(number)), System.Globalization.CultureInfo.InvariantCulture).ShouldBe(number);
        }
    }

    [Fact]
    public void WriteRow_Float32_IsWidenedAsTolistDoes() =>
        Text(Tensor<float>([0.1f, 1f, 1e-5f, -0f], 1, 4)).ShouldBe("[\n  0.10000000149011612,\n  1.0,\n  9.999999747378752e-06,\n  -0.0\n]");

    [Fact]
    public void WriteRow_Float16_IsWidenedAsTolistDoes() =>
        Text(Tensor<Half>([(Half)0.1f, (Half)65504f], 1, 2)).ShouldBe("[\n  0.0999755859375,\n  65504.0\n]");

    [Fact]
    public void WriteRow_BFloat16_IsReadAsTheUpperHalfOfAFloat32()
    {
        using NDArray array = NDArray.Allocate(DType.BFloat16, [1, 3]);
        ((ReadOnlySpan<ushort>)[0x3F80, 0x3DCD, 0xC000]).CopyTo(array.AsSpan<ushort>());

        Text(new TorchValue.Tensor(array)).ShouldBe("[\n  1.0,\n  0.10009765625,\n  -2.0\n]");
    }

    [Fact]
    public void WriteRow_IntegersAndBools_HaveNoPoint()
    {
        Text(Tensor<long>([long.MinValue, 7], 1, 2)).ShouldBe("[\n  -9223372036854775808,\n  7\n]");
        Text(Tensor<int>([int.MaxValue], 1)).ShouldBe("2147483647");
        Text(Tensor<short>([-3], 1)).ShouldBe("-3");
        Text(Tensor<sbyte>([-128], 1)).ShouldBe("-128");
        Text(Tensor<byte>([255], 1)).ShouldBe("255");
        Text(Tensor<bool>([true, false], 1, 2)).ShouldBe("[\n  true,\n  false\n]");
        Text(new TorchValue.Int(-5)).ShouldBe("-5");
        Text(new TorchValue.Bool(true)).ShouldBe("true");
    }

    [Fact]
    public void WriteRow_NestedTensor_HasTheRowsOwnNumbers()
    {
        TorchValue tensor = Tensor<int>([1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2);

        Text(tensor, 0, 2).ShouldBe("[\n  [\n    1,\n    2\n  ],\n  [\n    3,\n    4\n  ]\n]");
        Text(tensor, 1, 2).ShouldBe("[\n  [\n    5,\n    6\n  ],\n  [\n    7,\n    8\n  ]\n]");
    }

    [Fact]
    public void WriteRow_OneNumberARow_IsThatNumber() => Text(Tensor<float>([1, 2.5f, 3], 3), 1, 3).ShouldBe("2.5");

    [Fact]
    public void WriteRow_RowsWithoutElements_AreEmptyLists()
    {
        Text(Tensor<float>([], 2, 0), 1, 2).ShouldBe("[]");
        Text(Tensor<float>([], 2, 2, 0), 1, 2).ShouldBe("[\n  [],\n  []\n]");
    }

    [Fact]
    public void WriteRow_TupleListAndDict_TakeTheRowOfEachTensor()
    {
        TorchValue scores = Tensor<float>([1, 2], 2);
        TorchValue labels = Tensor<long>([10, 11, 12, 13], 2, 2);
        TorchValue value = new TorchValue.Dict(
        [
            new(new TorchValue.String("pair"), new TorchValue.Tuple([scores, TorchValue.None.Instance])),
            new(new TorchValue.String("labels"), new TorchValue.List([labels])),
            new(new TorchValue.String("text"), new TorchValue.String("a \"b\"")),
        ]);

        using JsonDocument json = JsonDocument.Parse(Text(value, 1, 2));

        json.RootElement.GetProperty("pair")[0].GetRawText().ShouldBe("2.0");
        json.RootElement.GetProperty("pair")[1].ValueKind.ShouldBe(JsonValueKind.Null);
        json.RootElement.GetProperty("labels")[0][1].GetInt32().ShouldBe(13);
        json.RootElement.GetProperty("text").GetString().ShouldBe("a \"b\"");
    }

    [Fact]
    public void WriteRow_DictKeys_LookLikePythons()
    {
        TorchValue one = new TorchValue.Int(1);
        TorchValue value = new TorchValue.Dict(
        [
            new(new TorchValue.Int(-3), one), new(new TorchValue.Float(2), one), new(new TorchValue.Float(1e-5), one), new(new TorchValue.Bool(false), one),
        ]);

        Text(value).ShouldBe("{\n  \"-3\": 1,\n  \"2.0\": 1,\n  \"1e-05\": 1,\n  \"false\": 1\n}");
    }

    [Fact]
    public void WriteRow_EmptyContainers_AreEmpty()
    {
        Text(new TorchValue.List([])).ShouldBe("[]");
        Text(new TorchValue.Dict([])).ShouldBe("{}");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void WriteRow_NotANumber_IsRefused(double number)
    {
        Refusal(new TorchValue.Float(number)).ShouldEndWith("which JSON does not have.");
        Refusal(Tensor<double>([number], 1)).ShouldEndWith("which JSON does not have.");
        Refusal(Tensor<float>([(float)number], 1)).ShouldEndWith("which JSON does not have.");
        Refusal(Tensor<Half>([(Half)number], 1)).ShouldEndWith("which JSON does not have.");
    }

    [Fact]
    public void WriteRow_FirstDimensionIsNotTheBatch_NamesShapeAndBatch()
    {
        Refusal(Tensor<float>([1, 2, 3], 3), 0, 2).ShouldBe("The module returned float32[3] for a batch of 2: the first dimension must be the batch.");
        Refusal(Tensor<float>([1])).ShouldContain("float32[]");
        Refusal(Tensor<float>([], 0, 3)).ShouldContain("float32[0, 3]");
    }

    private static TorchValue Tensor<T>(ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged => new TorchValue.Tensor(NDArray.Copy(elements, shape));

    private static string Text(TorchValue value, int row = 0, int rows = 1)
    {
        ArrayBufferWriter<byte> json = new();
        JsonValueWriter.WriteRow(json, value, row, rows);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static string Refusal(TorchValue value, int row = 0, int rows = 1) =>
        Should.Throw<UnusableOutputException>(() => Text(value, row, rows)).Message;
}
