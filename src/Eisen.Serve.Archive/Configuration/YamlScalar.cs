using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Eisen.Serve.Archive;

/// <summary>
/// What a plain YAML scalar means. The rules are those of PyYAML's <c>safe_load</c> (YAML 1.1, with its own
/// reading of floats), so that a handler sees in a file what it saw in TorchServe. Dates stay texts: JSON has none.
/// </summary>
internal static partial class YamlScalar
{
    /// <summary>
    /// The value: null, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, or
    /// a <see cref="BigInteger"/> that stands for an integer of more than 64 bits (its value is not computed).
    /// </summary>
    public static object? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return false;
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
            return text;
        if (IntegerForm().IsMatch(text))
            return ReadInteger(text);
        return FloatForm().IsMatch(text) ? ReadFloat(text) : text;
    }

    private static object ReadInteger(string text)
    {
        bool isNegative = text[0] == '-';
        string digits = text.TrimStart('+', '-').Replace("_", "", StringComparison.Ordinal);
        int radix = 10;
        if (digits.StartsWith("0b", StringComparison.Ordinal))
            (radix, digits) = (2, digits[2..]);
        else if (digits.StartsWith("0x", StringComparison.Ordinal))
            (radix, digits) = (16, digits[2..]);
        else if (digits.StartsWith('0'))
            radix = 8;

        // "1:30" is 90: numbers to base 60, the most significant first.
        Int128 value = 0;
        foreach (Range part in digits.AsSpan().Split(':'))
        {
            Int128 number = 0;
            foreach (char digit in digits.AsSpan()[part])
            {
                number = number * radix + HexValue(digit);
                if (number > (Int128)long.MaxValue + 1)
                    return BigInteger.Zero;
            }

            value = value * 60 + number;
            if (value > (Int128)long.MaxValue + 1)
                return BigInteger.Zero;
        }

        value = isNegative ? -value : value;
        if (value > long.MaxValue)
            return BigInteger.Zero;
        return (long)value;
    }

    private static object ReadFloat(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        string unsigned = digits.TrimStart('+', '-');
        double sign = digits[0] == '-' ? -1 : 1;
        if (unsigned.Equals(".inf", StringComparison.OrdinalIgnoreCase))
            return sign * double.PositiveInfinity;
        if (unsigned.Equals(".nan", StringComparison.OrdinalIgnoreCase))
            return double.NaN;

        double value = 0;
        foreach (Range part in unsigned.AsSpan().Split(':'))
            value = value * 60 + double.Parse(unsigned.AsSpan()[part], NumberStyles.Float, CultureInfo.InvariantCulture);
        return sign * value;
    }

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : char.ToLowerInvariant(digit) - 'a' + 10;

    [GeneratedRegex(@"^[-+]?(0b[01_]+|0[0-7_]*|[1-9][0-9_]*(:[0-5]?[0-9])*|0x[0-9a-fA-F_]+)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex IntegerForm();

    [GeneratedRegex(@"^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z", RegexOptions.ExplicitCapture)]
    private static partial Regex FloatForm();
}
