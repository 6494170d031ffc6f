using System.Globalization;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>A number of a configuration, as Python reads it: written with a point or an exponent it is a <c>float</c>, else an
/// <c>int</c>. numpy chooses dtypes by that.</summary>
internal readonly record struct PythonNumber
{
    private readonly double real;
    private readonly Int128 integer;

    public PythonNumber(double real) => this.real = real;

    public PythonNumber(Int128 integer)
    {
        this.integer = integer;
        IsInteger = true;
    }

    public bool IsInteger { get; }

    /// <summary>The number; an <c>int</c> rounded to the nearest.</summary>
    public double Real => IsInteger ? (double)integer : real;

    /// <summary>The number when it is an <c>int</c>.</summary>
    public Int128 Integer => IsInteger ? integer : throw new InvalidOperationException("The number is a float.");

    public static implicit operator PythonNumber(double real) => new(real);

    public static implicit operator PythonNumber(int integer) => new((Int128)integer);

    public static PythonNumber operator -(PythonNumber left, PythonNumber right) =>
        left.IsInteger && right.IsInteger ? new(left.integer - right.integer) : new(left.Real - right.Real);

    public override string ToString() => IsInteger ? integer.ToString(CultureInfo.InvariantCulture) : real.ToString("R", CultureInfo.InvariantCulture);
}
