using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Tensors;

public sealed class JsonArrayReaderTests
{
    [Theory]
    [InlineData("5", new long[0], new[] { 5f })]
    [InlineData("[]", new long[] { 0 }, new float[0])]
    [InlineData("[[],[]]", new long[] { 2, 0 }, new float[0])]
    [InlineData("[[[]]]", new long[] { 1, 1, 0 }, new float[0])]
    [InlineData("[1]", new long[] { 1 }, new[] { 1f })]
    [InlineData(" [ 1 , 2.5 , -3e2 ] \n", new long[] { 3 }, new[] { 1f, 2.5f, -300f })]
    [InlineData("[[1,2,3],[4,5,6]]", new long[] { 2, 3 }, new[] { 1f, 2, 3, 4, 5, 6 })]
    [InlineData("[[[1],[2]],[[3],[4]]]", new long[] { 2, 2, 1 }, new[] { 1f, 2, 3, 4 })]
    public void Read_NestedLists_HasTheirShapeAndNumbers(string json, long[] shape, float[] numbers)
    {
        using NDArray array = Read(json, DType.Float32);

        array.DType.ShouldBe(DType.Float32);
        array.Shape.ToArray().ShouldBe(shape);
        array.AsSpan<float>().ToArray().ShouldBe(numbers);
    }

    [Fact]
    public void Read_NegativeZero_KeepsItsSign()
    {
        using NDArray array = Read("[-0.0]", DType.Float32);

        float.IsNegative(array.AsSpan<float>()[0]).ShouldBeTrue();
    }

    [Fact]
    public void Read_32Dimensions_AreRead()
    {
        using NDArray array = Read(new string('[', 32) + "7" + new string(']', 32), DType.Int64);

        array.Shape.ToArray().ShouldBe(Enumerable.Repeat(1L, 32).ToArray());
        array.AsSpan<long>().ToArray().ShouldBe([7L]);
    }

    [Theory]
    [InlineData("[[1,2],[3]]")]
    [InlineData("[[1],[2,3]]")]
    [InlineData("[[1,2],[]]")]
    [InlineData("[[],[1]]")]
    [InlineData("[[],1]")]
    [InlineData("[1,[]]")]
    [InlineData("[1,[2]]")]
    [InlineData("[[1],2]")]
    [InlineData("[[[1]],[2]]")]
    [InlineData("[[1],[[2]]]")]
    [InlineData("[[[]],[]]")]
    [InlineData("[[],[[]]]")]
    [InlineData("[[[1,2],[3,4]],[[5,6]]]")]
    [InlineData("[[[1,2],[3,4]],[[5,6],[7]]]")]
    public void Read_RaggedLists_SaysWhere(string json) =>
        Refusal(json, DType.Float32).ShouldMatch("^the nested lists are ragged: at byte [0-9]+ ");

    [Fact]
    public void Read_RaggedLists_PointsAtTheList() =>
        Refusal("[[1,2],[3]]", DType.Float32).ShouldBe("the nested lists are ragged: at byte 9 a list of 1 stands where one of 2 stood before");

    [Theory]
    [InlineData("{}", "an object")]
    [InlineData("[1,{\"a\":2}]", "an object")]
    [InlineData("\"5\"", "a string")]
    [InlineData("[\"1\"]", "a string")]
    [InlineData("null", "null")]
    [InlineData("[1,null]", "null")]
    public void Read_SomethingElseThanNumbers_NamesIt(string json, string what) =>
        Refusal(json, DType.Float32).ShouldEndWith($"there is {what}");

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("[")]
    [InlineData("[1")]
    [InlineData("[1,")]
    [InlineData("[1,]")]
    [InlineData("[,1]")]
    [InlineData("[1 2]")]
    [InlineData("[1][2]")]
    [InlineData("1 2")]
    [InlineData("[1]]")]
    [InlineData("]")]
    [InlineData("[01]")]
    [InlineData("[+1]")]
    [InlineData("[.5]")]
    [InlineData("[1.]")]
    [InlineData("[NaN]")]
    [InlineData("[Infinity]")]
    [InlineData("[0x10]")]
    [InlineData("[1] // comment")]
    [InlineData("['1']")]
    [InlineData("not json\nat all")]
    public void Read_BadJson_SaysSoInOneLine(string json)
    {
        string message = Refusal(json, DType.Float32);

        message.ShouldStartWith("the body is not JSON: ");
        message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData(33)]
    [InlineData(1_000_000)]
    public void Read_DeeplyNested_IsRefused(int depth)
    {
        Refusal(new string('[', depth), DType.Float32).ShouldStartWith("the body is not JSON: ");
        Refusal(new string('[', depth) + new string(']', depth), DType.Float32).ShouldStartWith("the body is not JSON: ");
    }

    [Theory]
    [InlineData(DType.Float32, "1e39")]
    [InlineData(DType.Float32, "-1e999")]
    [InlineData(DType.Float64, "1e309")]
    [InlineData(DType.Float32, "true")]
    [InlineData(DType.Int8, "128")]
    [InlineData(DType.Int8, "-129")]
    [InlineData(DType.UInt8, "256")]
    [InlineData(DType.UInt8, "-1")]
    [InlineData(DType.Int16, "32768")]
    [InlineData(DType.Int32, "2147483648")]
    [InlineData(DType.Int64, "9223372036854775808")]
    [InlineData(DType.Int64, "1.0")]
    [InlineData(DType.Int64, "1e2")]
    [InlineData(DType.Int32, "false")]
    [InlineData(DType.Bool, "1")]
    public void Read_NumberOutsideOfDType_NamesByteAndDType(DType dtype, string number) =>
        Refusal($"[{(dtype == DType.Bool ? "true" : "0")},{number}]", dtype).ShouldBe($"the value at byte {(dtype == DType.Bool ? 6 : 3)} is not of {dtype.TypeName}, which the model takes");

    [Fact]
    public void Read_EveryDType_TakesItsBounds()
    {
        Numbers<sbyte>("[-128,127]", DType.Int8).ShouldBe([sbyte.MinValue, sbyte.MaxValue]);
        Numbers<byte>("[0,255]", DType.UInt8).ShouldBe([byte.MinValue, byte.MaxValue]);
        Numbers<short>("[-32768,32767]", DType.Int16).ShouldBe([short.MinValue, short.MaxValue]);
        Numbers<int>("[-2147483648,2147483647]", DType.Int32).ShouldBe([int.MinValue, int.MaxValue]);
        Numbers<long>("[-9223372036854775808,9223372036854775807]", DType.Int64).ShouldBe([long.MinValue, long.MaxValue]);
        Numbers<float>("[3.4028235e38,1e-45,1e-60]", DType.Float32).ShouldBe([float.MaxValue, float.Epsilon, 0]);
        Numbers<double>("[1.7976931348623157e308,5e-324]", DType.Float64).ShouldBe([double.MaxValue, double.Epsilon]);
        Numbers<bool>("[true,false]", DType.Bool).ShouldBe([true, false]);
    }

    [Theory]
    [InlineData(DType.Float16, false)]
    [InlineData(DType.BFloat16, false)]
    [InlineData(DType.Float32, true)]
    [InlineData(DType.Bool, true)]
    public void Supports_DType_IsWhetherItCanBeRead(DType dtype, bool expected) => JsonArrayReader.Supports(dtype).ShouldBe(expected);

    [Fact]
    public void Read_HugeBody_IsReadWhole()
    {
        const int Rows = 4000;
        const int Columns = 1000;
        string row = "[" + string.Join(",", Enumerable.Range(0, Columns)) + "]";
        byte[] json = Encoding.UTF8.GetBytes("[" + string.Join(",", Enumerable.Repeat(row, Rows)) + "]");

        using NDArray array = JsonArrayReader.Read(json, DType.Float32);

        array.Shape.ToArray().ShouldBe([Rows, Columns]);
        array.AsSpan<float>()[^1].ShouldBe(Columns - 1);
        array.AsSpan<float>()[Columns + 5].ShouldBe(5);
    }

    private static NDArray Read(string json, DType dtype) => JsonArrayReader.Read(Encoding.UTF8.GetBytes(json), dtype);

    private static T[] Numbers<T>(string json, DType dtype)
        where T : unmanaged
    {
        using NDArray array = Read(json, dtype);
        return array.AsSpan<T>().ToArray();
    }

    private static string Refusal(string json, DType dtype) => Should.Throw<BadInputException>(() => Read(json, dtype)).Message;
}
