using Eisen.Serve.Inference;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Eisen.Serve.Tests.Inference;

public class RequestDeadlineTests
{
    [Theory]
    [InlineData("2", 2000)]
    [InlineData("0.5", 500)]
    [InlineData(".5", 500)]
    [InlineData("2s", 2000)]
    [InlineData("0.25S", 250)]
    [InlineData("1.5 s", 1500)]
    [InlineData("500ms", 500)]
    [InlineData("500 MS", 500)]
    [InlineData("0.5ms", 0.5)]
    [InlineData(" 3 ", 3000)]
    [InlineData("0003", 3000)]
    [InlineData("86400", 86_400_000)]
    public void Read_SecondsOrMilliseconds_IsThatLong(string field, double milliseconds) =>
        Read(field).TotalMilliseconds.ShouldBe(milliseconds, 1e-3);

    [Fact]
    public void Read_NoField_IsForever() => RequestDeadline.Read(new HeaderDictionary()).ShouldBe(TimeSpan.MaxValue);

    [Theory]
    [InlineData("99999999999999")]
    [InlineData("99999999999999999ms")]
    [InlineData("1000000000000000000000000000000000000000000000000000000000000000000000000000000s")]
    public void Read_LongerThanAnyClockGoes_IsForever(string field) => Read(field).ShouldBe(TimeSpan.MaxValue);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("0")]
    [InlineData("0.0")]
    [InlineData("0ms")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("2m")]
    [InlineData("2 min")]
    [InlineData("2ss")]
    [InlineData("1e3")]
    [InlineData("1,5")]
    [InlineData("1.5.2")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("soon")]
    public void Read_NoTimeAboveZero_IsRefused(string field)
    {
        BadHttpRequestException refused = Should.Throw<BadHttpRequestException>(() => Read(field));

        refused.StatusCode.ShouldBe(400);
        refused.Message.ShouldStartWith($"X-Request-Timeout is '{field}'; it takes seconds such as 2 or 0.5");
    }

    [Fact]
    public void Read_SentTwice_IsRefused() => Should.Throw<BadHttpRequestException>(() => Read(new StringValues(["1", "2"])));

    private static TimeSpan Read(StringValues field) => RequestDeadline.Read(new HeaderDictionary { ["x-request-timeout"] = field });
}
