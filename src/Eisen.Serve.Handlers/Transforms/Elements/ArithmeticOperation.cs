namespace Eisen.Serve.Handlers.Transforms;

/// <summary>What an <see cref="ArithmeticStep"/> does. A comparison gives 1 where it holds, and 0.</summary>
internal enum ArithmeticOperation
{
    Convert,
    Subtract,
    Divide,
    Multiply,
    Add,
    IsGreater,
    IsGreaterOrEqual,
    IsSmaller,
    IsSmallerOrEqual,
    IsEqual,
}
