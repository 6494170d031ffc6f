namespace Eisen.Serve.Data.Tests.Text;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData(0.0004, "0 ms")]
    [InlineData(0.0451, "45 ms")]
    [InlineData(0.298, "300 ms")]
    [InlineData(0.996, "1 s")]
    [InlineData(1.04, "1 s")]
    [InlineData(1.98, "2 s")]
    [InlineData(2.5, "2.5 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(119.97, "120 s")]
    [InlineData(1800, "1800 s")]
    public void Of_Duration_HasNoMoreDigitsThanSomebodyWouldSay(double seconds, string expected) => DurationText.Of(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);
}
