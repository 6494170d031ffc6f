using System.Globalization;

namespace Eisen.Serve.Management;

/// <summary>Reads a query's parameters. TorchServe takes a number that it cannot read for none at all, and does something
/// else than was asked for; here that is a mistake.</summary>
internal static class RequestParameters
{
    /// <summary>A text; null when it is not there.</summary>
    public static string? Text(this IQueryCollection query, string name) => query[name].FirstOrDefault();

    /// <summary>A whole number; null when it is not there, or empty.</summary>
    /// <exception cref="BadHttpRequestException">It is no such number.</exception>
    public static int? Number(this IQueryCollection query, string name) =>
        query.Text(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number
        : throw new BadHttpRequestException($"{name} must be a whole number, not '{text}'.");

    /// <summary>Says no to a number that is out of bounds.</summary>
    /// <exception cref="BadHttpRequestException">It is.</exception>
    public static void Bound(string name, int? number, int minimum, int maximum = int.MaxValue)
    {
        if (number < minimum || number > maximum)
            throw new BadHttpRequestException($"{name} must be {(maximum == int.MaxValue ? $"at least {minimum}" : $"from {minimum} to {maximum}")}, not {number}.");
    }

    /// <summary>A truth value; null when it is not there. Everything but <c>true</c> is false, as in TorchServe.</summary>
    public static bool? Flag(this IQueryCollection query, string name) =>
        query.Text(name) is { } text ? text.Equals("true", StringComparison.OrdinalIgnoreCase) : null;
}
