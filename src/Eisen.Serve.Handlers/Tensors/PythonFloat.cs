using System.Globalization;

namespace Eisen.Serve.Handlers;

/// <summary>Spells numbers as Python's <c>repr</c> does: the shortest digits that read back as the same number, with an
/// exponent below 0.0001 and from 1e16 on.</summary>
internal static class PythonFloat
{
    /// <summary>More than any number takes.</summary>
    public const int MaxLength = 40;

    /// <summary>Writes a finite number as ASCII.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Format(double number, Span<byte> text)
    {
        Span<byte> shortest = stackalloc byte[MaxLength];
        number.TryFormat(shortest, out int length, default, CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[MaxLength];
        int count = Read(shortest[..length], digits, out int exponent);
        return Lay(digits[..count], exponent, double.IsNegative(number), text);
    }

    /// <summary>Takes a number apart: its digits without zeros at either end, and the power of ten of the first.</summary>
    private static int Read(ReadOnlySpan<byte> number, Span<byte> digits, out int exponent)
    {
        int end = number.IndexOf((byte)'E');
        exponent = end < 0 ? 0 : int.Parse(number[(end + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        ReadOnlySpan<byte> mantissa = (end < 0 ? number : number[..end]).TrimStart((byte)'-');
        int point = mantissa.IndexOf((byte)'.');
        int integerDigits = point < 0 ? mantissa.Length : point;

        int leadingZeros = 0;
        int count = 0;
        foreach (byte letter in mantissa)
        {
            if (letter == (byte)'.')
                continue;
            if (count == 0 && letter == (byte)'0')
                leadingZeros++;
            else
                digits[count++] = letter;
        }

        if (count == 0)
        {
            exponent = 0;
            digits[0] = (byte)'0';
            return 1;
        }

        exponent += integerDigits - 1 - leadingZeros;
        while (count > 1 && digits[count - 1] == (byte)'0')
            count--;
        return count;
    }

    private static int Lay(ReadOnlySpan<byte> digits, int exponent, bool isNegative, Span<byte> text)
    {
        int length = 0;
        if (isNegative)
            text[length++] = (byte)'-';

        if (exponent is < -4 or >= 16)
        {
            text[length++] = digits[0];
            if (digits.Length > 1)
            {
                text[length++] = (byte)'.';
                digits[1..].CopyTo(text[length..]);
                length += digits.Length - 1;
            }

            text[length++] = (byte)'e';
            text[length++] = exponent < 0 ? (byte)'-' : (byte)'+';
            Math.Abs(exponent).TryFormat(text[length..], out int exponentLength, "00", CultureInfo.InvariantCulture);
            return length + exponentLength;
        }

        for (int power = Math.Max(exponent, 0); power >= Math.Min(exponent - digits.Length + 1, -1); power--)
        {
            if (power == -1)
                text[length++] = (byte)'.';
            int index = exponent - power;
            text[length++] = index >= 0 && index < digits.Length ? digits[index] : (byte)'0';
        }

        return length;
    }
}
