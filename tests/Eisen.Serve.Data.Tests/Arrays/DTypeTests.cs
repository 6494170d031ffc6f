namespace Eisen.Serve.Data.Tests.Arrays;

public class DTypeTests
{
    [Theory]
    [InlineData(DType.Float16, 2, "float16")]
    [InlineData(DType.BFloat16, 2, "bfloat16")]
    [InlineData(DType.Float32, 4, "float32")]
    [InlineData(DType.Float64, 8, "float64")]
    [InlineData(DType.Int8, 1, "int8")]
    [InlineData(DType.UInt8, 1, "uint8")]
    [InlineData(DType.Int16, 2, "int16")]
    [InlineData(DType.Int32, 4, "int32")]
    [InlineData(DType.Int64, 8, "int64")]
    [InlineData(DType.Bool, 1, "bool")]
    [InlineData(DType.UInt16, 2, "uint16")]
    [InlineData(DType.UInt32, 4, "uint32")]
    [InlineData(DType.UInt64, 8, "uint64")]
    public void SizeAndName_EachDType_AreNumpys(DType dtype, int size, string name)
    {
        dtype.ItemSize.ShouldBe(size);
        dtype.TypeName.ShouldBe(name);
        DTypeExtensions.TryParse(name, out DType parsed).ShouldBeTrue();
        parsed.ShouldBe(dtype);
    }

    [Fact]
    public void Numbers_OfTheBinding_NeverChange()
    {
        DType[] inOrder =
        [
            DType.Float16, DType.BFloat16, DType.Float32, DType.Float64, DType.Int8,
            DType.UInt8, DType.Int16, DType.Int32, DType.Int64, DType.Bool,
            DType.UInt16, DType.UInt32, DType.UInt64,
        ];

        inOrder.Select(dtype => (int)dtype).ShouldBe(Enumerable.Range(1, 13));
        Enum.GetValues<DType>().ShouldBe(inOrder);
    }

    [Fact]
    public void IsTensorType_EachDType_IsWhatLibtorchHas() => Enum.GetValues<DType>().Where(dtype => !dtype.IsTensorType)
        .ShouldBe([DType.UInt16, DType.UInt32, DType.UInt64]);

    [Theory]
    [InlineData("")]
    [InlineData("Float32")]
    [InlineData("float32 ")]
    [InlineData("3")]
    [InlineData("complex64")]
    [InlineData("uint128")]
    public void TryParse_NameOfNoDType_IsFalse(string name)
    {
        DTypeExtensions.TryParse(name, out DType dtype).ShouldBeFalse();
        Enum.IsDefined(dtype).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(14)]
    [InlineData(-1)]
    public void SizeAndName_NumberOfNoDType_Throw(int number)
    {
        DType dtype = (DType)number;

        Should.Throw<ArgumentOutOfRangeException>(() => dtype.ItemSize).ActualValue.ShouldBe(dtype);
        Should.Throw<ArgumentOutOfRangeException>(() => dtype.TypeName).ActualValue.ShouldBe(dtype);
    }
}
