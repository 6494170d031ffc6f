using System.Globalization;

namespace Eisen.Serve.Inference;

/// <summary>
/// How long a client waits for its answer, as it says in the header field <c>X-Request-Timeout</c>: seconds, as
/// <c>2</c>, <c>0.5</c> or <c>0.5s</c>, or milliseconds as <c>500ms</c>, counted from the request's arrival.
/// </summary>
internal static class RequestDeadline
{
    public const string Header = "X-Request-Timeout";

    /// <summary>Reads the field.</summary>
    /// <returns>The time; <see cref="TimeSpan.MaxValue"/> when the client says nothing.</returns>
    /// <exception cref="BadHttpRequestException">It is not a time above zero.</exception>
    public static TimeSpan Read(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(Header, out Microsoft.Extensions.Primitives.StringValues field))
            return TimeSpan.MaxValue;

        ReadOnlySpan<char> text = field.ToString().AsSpan().Trim();
        double unit = 1;
        if (text.EndsWith("ms", StringComparison.OrdinalIgnoreCase))
        {
            unit = 0.001;
            text = text[..^2].TrimEnd();
        }
        else if (text.EndsWith("s", StringComparison.OrdinalIgnoreCase))
        {
            text = text[..^1].TrimEnd();
        }

        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number) || number <= 0)
            throw new BadHttpRequestException($"{Header} is '{field}'; it takes seconds such as 2 or 0.5, or milliseconds such as 500ms.");
        double seconds = number * unit;
        return seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
    }
}
