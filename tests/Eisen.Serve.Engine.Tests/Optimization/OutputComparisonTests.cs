using Eisen.Serve.Data;

namespace Eisen.Serve.Engine.Tests.Optimization;

public class OutputComparisonTests
{
    [Theory]
    [InlineData(0f, 0.00005f, 0.00005)]
    [InlineData(-0.5f, 0.5f, 1)]
    [InlineData(1000f, 1000.05f, 0.00005)]
    [InlineData(1000f, 1001f, 0.001)]
    [InlineData(float.NaN, float.NaN, 0)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, 0)]
    public void LargestDifference_OneNumber_IsRelativeAboveOneAndAbsoluteBelow(float expected, float actual, double difference)
    {
        Compare(Floats(1, expected), Floats(1, actual)).ShouldBe(difference, tolerance: 1e-6);
        Compare(new TorchValue.Float(expected), new TorchValue.Float(actual)).ShouldBe(difference, tolerance: 1e-6);
        Compare(Doubles(expected), Doubles(actual)).ShouldBe(difference, tolerance: 1e-6);
    }

    [Theory]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(1f, float.PositiveInfinity)]
    [InlineData(1f, float.NaN)]
    [InlineData(float.NaN, 1f)]
    public void LargestDifference_OnlyOneIsFinite_IsInfinite(float expected, float actual)
    {
        Compare(Floats(1, expected), Floats(1, actual)).ShouldBe(double.PositiveInfinity);
        Compare(new TorchValue.Float(expected), new TorchValue.Float(actual)).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void LargestDifference_SmallFloats_AreReadAsNumbers()
    {
        Compare(Of<Half>((Half)1), Of((Half)1.5f)).ShouldBe(0.5);
        Compare(BrainFloat(0x80, 0x3F), BrainFloat(0x00, 0x40)).ShouldBe(1); // 1 and 2
    }

    [Fact]
    public void LargestDifference_Tree_IsThatOfItsWorstNumber()
    {
        TorchValue expected = Tree(0.25f, "text", 7);

        Compare(expected, Tree(0.25f, "text", 7)).ShouldBe(0);
        Compare(expected, Tree(0.75f, "text", 7)).ShouldBe(0.5);
        Compare(expected, Tree(0.25f, "other", 7)).ShouldBe(double.PositiveInfinity);
        Compare(expected, Tree(0.25f, "text", 8)).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void LargestDifference_OtherStructure_IsInfinite()
    {
        TorchValue one = Floats(1, 1);

        Compare(one, Doubles(1)).ShouldBe(double.PositiveInfinity);
        Compare(Floats(2, 1, 2), Shaped(1, 2, 1, 2)).ShouldBe(double.PositiveInfinity);
        Compare(new TorchValue.List([one]), new TorchValue.Tuple([one])).ShouldBe(double.PositiveInfinity);
        Compare(new TorchValue.List([one]), new TorchValue.List([one, one])).ShouldBe(double.PositiveInfinity);
        Compare(new TorchValue.List([one, one]), new TorchValue.List([one])).ShouldBe(double.PositiveInfinity);
        Compare(one, TorchValue.None.Instance).ShouldBe(double.PositiveInfinity);
        Compare(new TorchValue.Int(1), new TorchValue.Float(1)).ShouldBe(double.PositiveInfinity);
        Compare(TorchValue.None.Instance, TorchValue.None.Instance).ShouldBe(0);
        Compare(new TorchValue.List([]), new TorchValue.List([])).ShouldBe(0);
    }

    [Fact]
    public void LargestDifference_LargeIntegers_MustBeEqual()
    {
        // Token 50256 and its neighbour: close as numbers, and another word.
        Compare(Of(50256L), Of(50257L)).ShouldBe(double.PositiveInfinity);
        Compare(Of(50256L), Of(50256L)).ShouldBe(0);
        Compare(Of(true), Of(false)).ShouldBe(double.PositiveInfinity);
    }

    private static double Compare(TorchValue expected, TorchValue actual) => OutputComparison.LargestDifference(expected, actual);

    private static TorchValue.Tensor Floats(long length, params ReadOnlySpan<float> elements) => new(NDArray.Copy(elements, length));

    private static TorchValue.Tensor Shaped(long rows, long columns, params ReadOnlySpan<float> elements) => new(NDArray.Copy(elements, rows, columns));

    private static TorchValue.Tensor Doubles(double element) => Of(element);

    private static TorchValue.Tensor Of<T>(T element)
        where T : unmanaged => new(NDArray.Copy<T>([element], 1));

    private static TorchValue.Tensor BrainFloat(params byte[] bytes) => new(NDArray.Wrap(DType.BFloat16, [1], bytes));

    private static TorchValue.Dict Tree(float number, string text, long integer) => new(
    [
        KeyValuePair.Create<TorchValue, TorchValue>(new TorchValue.String("scores"), new TorchValue.List([Floats(2, 1, number)])),
        KeyValuePair.Create<TorchValue, TorchValue>(
            new TorchValue.String("rest"), new TorchValue.Tuple([new TorchValue.String(text), new TorchValue.Int(integer), new TorchValue.Bool(true)])),
    ]);
}
