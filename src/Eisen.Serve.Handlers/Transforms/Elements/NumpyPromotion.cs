namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Which type numpy calculates in: the rules of numpy 1, where the value of a Python number counts beside an array, and
/// not its type alone (what NEP 50 changed in numpy 2).
/// </summary>
internal static class NumpyPromotion
{
    // Where numpy draws the lines for the smallest type that holds a float.
    private const double Float16Bound = 65_000;
    private const double Float32Bound = 3.4e38;

    /// <summary>The type of two arrays' elements together: numpy's <c>promote_types</c>.</summary>
    public static ElementType Promote(ElementType a, ElementType b)
    {
        if (a == b || b == ElementType.Bool)
            return a;
        if (a == ElementType.Bool)
            return b;
        if (a.IsFloat && b.IsFloat)
            return a > b ? a : b;
        if (a.IsFloat || b.IsFloat)
            return PromoteMixed(a.IsFloat ? a : b, a.IsFloat ? b : a);
        if (a.IsUnsigned == b.IsUnsigned)
            return a > b ? a : b;

        (ElementType unsigned, ElementType signed) = a.IsUnsigned ? (a, b) : (b, a);
        if (signed.ItemSize > unsigned.ItemSize)
            return signed;
        return unsigned.ItemSize switch
        {
            1 => ElementType.Int16,
            2 => ElementType.Int32,
            4 => ElementType.Int64,
            _ => ElementType.Float64,
        };
    }

    /// <summary>The type of several arrays' elements together. Floats go first, so that integers do not make a wider one
    /// of each other before they meet it.</summary>
    public static ElementType Promote(IEnumerable<ElementType> types) => types.OrderByDescending(type => type.IsFloat).Aggregate(Promote);

    /// <summary>The type in which an array and a Python number are added, multiplied or compared.</summary>
    /// <param name="array">The type of the array's elements.</param>
    /// <param name="dimensions">How many dimensions it has. Without any it is a scalar for numpy, too, so that types alone count.</param>
    /// <param name="number">The number.</param>
    public static ElementType With(ElementType array, int dimensions, PythonNumber number)
    {
        // A number of a higher kind than the array counts by its type.
        bool isHigher = number.IsInteger ? array == ElementType.Bool : !array.IsFloat;
        if (dimensions == 0 || isHigher)
            return Promote(array, number.IsInteger ? ElementType.Int64 : ElementType.Float64);
        if (!number.IsInteger)
            return Promote(array, SmallestFloat(number.Real));

        // One that fits the array's signed type does not make it wider, though numpy's smallest type for it is unsigned.
        ElementType smallest = SmallestInteger(number.Integer);
        return !array.IsFloat && !array.IsUnsigned && number.Integer <= (Int128.One << (array.ItemSize * 8 - 1)) - 1 && smallest.ItemSize <= array.ItemSize
            ? array
            : Promote(array, smallest);
    }

    /// <summary>The type of an array's true division by a Python number.</summary>
    public static ElementType Quotient(ElementType array, int dimensions, PythonNumber divisor) =>
        array.IsFloat ? With(array, dimensions, divisor) : ElementType.Float64;

    /// <summary>Whether an operation in place may cast its result back: numpy's <c>can_cast</c> with <c>same_kind</c>.</summary>
    public static bool IsSameKind(ElementType from, ElementType to) => Promote(from, to) == to || (from.IsFloat, to.IsFloat) switch
    {
        (true, true) => true,
        (false, false) => to != ElementType.Bool && (from.IsUnsigned || !to.IsUnsigned),
        (false, true) => true,
        _ => false,
    };

    private static ElementType PromoteMixed(ElementType real, ElementType integer)
    {
        ElementType holds = integer.ItemSize switch
        {
            1 => ElementType.Float16,
            2 => ElementType.Float32,
            _ => ElementType.Float64,
        };
        return real > holds ? real : holds;
    }

    private static ElementType SmallestFloat(double number) => Math.Abs(number) switch
    {
        < Float16Bound or double.PositiveInfinity or double.NaN => ElementType.Float16,
        < Float32Bound => ElementType.Float32,
        _ => ElementType.Float64,
    };

    private static ElementType SmallestInteger(Int128 number) => Int128.IsNegative(number)
        ? number >= sbyte.MinValue ? ElementType.Int8 : number >= short.MinValue ? ElementType.Int16 : number >= int.MinValue ? ElementType.Int32 : ElementType.Int64
        : number <= byte.MaxValue ? ElementType.UInt8 : number <= ushort.MaxValue ? ElementType.UInt16 : number <= uint.MaxValue ? ElementType.UInt32 : ElementType.UInt64;
}
