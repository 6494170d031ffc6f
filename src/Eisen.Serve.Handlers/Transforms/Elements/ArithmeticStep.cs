namespace Eisen.Serve.Handlers.Transforms;

/// <summary>One operation of every element with the same number.</summary>
/// <param name="Operation">What is done.</param>
/// <param name="Operand">The number; it does not count when only the type changes.</param>
/// <param name="Type">The type that the elements are converted to before, and have after.</param>
internal readonly record struct ArithmeticStep(ArithmeticOperation Operation, PythonNumber Operand, ElementType Type)
{
    /// <summary>Changes the type alone.</summary>
    public static ArithmeticStep Convert(ElementType type) => new(ArithmeticOperation.Convert, default, type);
}
