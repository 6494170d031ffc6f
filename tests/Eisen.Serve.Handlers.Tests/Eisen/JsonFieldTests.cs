using System.Buffers;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Eisen;

/// <summary>Fields as JSON, both ways.</summary>
public sealed class JsonFieldTests
{
    [Theory]
    [InlineData("""{"x":[[1,2],[3,4]]}""", "int64[2, 2]")]
    [InlineData("""{"x":[1,2.5]}""", "float64[2]")]
    [InlineData("""{"x":[1e3]}""", "float64[1]")]
    [InlineData("""{"x":[true,false]}""", "bool[2]")]
    [InlineData("""{"x":[]}""", "int64[0]")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"AACAPwAAAEA=","shape":[1,2],"type":"float32"}}""", "float32[1, 2]")]
    [InlineData("""{"x":{"type":">f4","shape":[],"data":"P4AAAA==","__ndarray__":true}}""", "float32[]")]
    public void Read_Array_HasNumpysDType(string json, string expected)
    {
        using FieldDictionary fields = Read(json);

        fields.Array("x").ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"a":"é","b":[1,-2.5,null,true,{"c":[]}],"d":18446744073709551615,"e":{"data":"AA==","f":"\n"},"g":{"__bytes__":true,"data":"AAEC"}}""")]
    [InlineData("""{"a":9223372036854775807,"b":-9223372036854775808,"c":{}}""")]
    public void Write_WhatWasRead_IsTheSame(string json)
    {
        using FieldDictionary fields = Read(json);

        Write(fields).ShouldBe(json);
    }

    [Theory]
    [InlineData("", "the body is not JSON")]
    [InlineData("[1]", "the body must be a JSON object of fields")]
    [InlineData("""{"x":1""", "the body is not JSON")]
    [InlineData("""{"x":1}{}""", "the body is not JSON")]
    [InlineData("""{"x":NaN}""", "the body is not JSON")]
    [InlineData("""{"a":1,"a":2}""", "field 'a' stands in the body twice")]
    [InlineData("""{"a":{"b":1,"b":2}}""", "field 'a': the key 'b' stands in the same object twice")]
    [InlineData("""{"a":18446744073709551616}""", "field 'a': the integer at byte 5 is outside of -2^63 to 2^64 - 1")]
    [InlineData("""{"a":1e999}""", "field 'a': the number at byte 5 is larger than a float64 can be")]
    [InlineData("""{"x":[1e999]}""", "field 'x': the value at byte 1 is not of float64")]
    [InlineData("""{"x":[[1],[2,3]]}""", "field 'x': the nested lists are ragged")]
    [InlineData("""{"x":[9223372036854775808]}""", "field 'x': the value at byte 1 is not of int64")]
    [InlineData("""{"a":"\ud800"}""", "not valid Unicode")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"A","shape":[1],"type":"uint8"}}""", "field 'x': its 'data' is not base64")]
    [InlineData("""{"x":{"__ndarray__":true,"shape":[1],"type":"uint8"}}""", "needs 'data', a text in base64")]
    [InlineData("""{"x":{"__ndarray__":false,"data":"AA==","shape":[1],"type":"uint8"}}""", "'__ndarray__' must be true")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"AA==","shape":[1.5],"type":"uint8"}}""", "needs 'shape', a list of integers")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"AA==","shape":[2],"type":"uint8"}}""", "uint8[2] takes 2 bytes, but there are 1")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"AA==","shape":[4294967296,4294967296],"type":"uint8"}}""", "would take more than 2 GiB")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"AA==","shape":[1]}}""", "needs 'type'")]
    [InlineData("""{"x":{"__ndarray__":true,"data":"AA==","shape":[1],"type":"object"}}""", "the element type 'object' is none")]
    public void Read_WhatIsWrong_IsRefused(string json, string reason) => Should.Throw<BadInputException>(() => Read(json)).Message.ShouldContain(reason);

    [Fact]
    public void Read_Deep_IsRefused() =>
        Should.Throw<BadInputException>(() => Read($"{{\"a\":{new string('[', 100)}")).Message.ShouldStartWith("the body is not JSON");

    [Fact]
    public void Read_EscapedBase64_IsTheSame()
    {
        using FieldDictionary fields = Read("""{"x":{"__ndarray__":true,"data":"\u0041A==","shape":[1],"type":"uint8"}}""");

        fields.Array("x").AsSpan<byte>().ToArray().ShouldBe([0]);
        Should.Throw<BadInputException>(() => Read("""{"x":{"__bytes__":true,"data":"\u0041"}}""")).Message.ShouldContain("its 'data' is not base64");
    }

    [Fact]
    public void Write_EachDType_IsNestedLists()
    {
        using FieldDictionary fields = new();
        foreach (DType dtype in Enum.GetValues<DType>().Where(dtype => dtype != DType.BFloat16))
        {
            NDArray array = fields.Own(NDArray.Allocate(dtype, [1, 2]));
            array.Memory.Span.Clear();
            fields[dtype.TypeName] = new FieldValue.Array(array);
        }

        foreach (string field in Write(fields).TrimEnd('}').Split("],").Where(field => !field.Contains("bool", StringComparison.Ordinal)))
            field.ShouldContain("[[0,0]");
        Write(fields).ShouldContain("\"bool\":[[false,false]]");
    }

    [Fact]
    public void Write_LargeArrayOrNotANumber_IsBase64ThatIsReadTheSame()
    {
        using FieldDictionary fields = new()
        {
            ["large"] = new FieldValue.Array(NDArray.Copy<byte>(new byte[JsonFieldWriter.MostElementsInLists + 1], JsonFieldWriter.MostElementsInLists + 1)),
            ["most"] = new FieldValue.Array(NDArray.Copy<byte>(new byte[JsonFieldWriter.MostElementsInLists], JsonFieldWriter.MostElementsInLists)),
            ["nan"] = new FieldValue.Array(NDArray.Copy<float>([1, float.NaN], 2)),
            ["infinite"] = new FieldValue.Float(double.NegativeInfinity),
            ["empty"] = new FieldValue.Array(NDArray.Allocate(DType.UInt8, [1_000_000_000_000, 0])),
        };

        string json = Write(fields);
        using FieldDictionary again = Read(json);

        json.ShouldContain("""{"large":{"__ndarray__":true,"data":"AAAA""");
        json.ShouldContain("\"most\":[0,0,");
        again.Array("large").ToString().ShouldBe("uint8[65537]");
        again.Array("empty").ToString().ShouldBe("uint8[1000000000000, 0]");
        again.Array("nan").AsSpan<float>()[1].ShouldBe(float.NaN);
        again.Array("infinite").AsSpan<double>()[0].ShouldBe(double.NegativeInfinity);
    }

    private static FieldDictionary Read(string json) => JsonFieldReader.Read(Encoding.UTF8.GetBytes(json), name => name == "x");

    private static string Write(FieldDictionary fields)
    {
        ArrayBufferWriter<byte> output = new();
        JsonFieldWriter.Write(output, fields);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
