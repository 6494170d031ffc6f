using System.Globalization;

namespace Eisen.Serve.Data;

/// <summary>Writes durations for messages: no more digits than somebody would say.</summary>
public static class DurationText
{
    /// <summary>A duration in milliseconds below a second, to two digits; in seconds from there on, to one digit behind the
    /// point below ten.</summary>
    public static string Of(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        double milliseconds = Math.Round(duration.TotalMilliseconds);
        double rounded = milliseconds < 100 ? milliseconds : Math.Round(milliseconds / 10) * 10;
        return rounded < 1000
            ? string.Create(CultureInfo.InvariantCulture, $"{rounded:0} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{(seconds < 9.95 ? Math.Round(seconds, 1) : Math.Round(seconds)):0.#} s");
    }
}
