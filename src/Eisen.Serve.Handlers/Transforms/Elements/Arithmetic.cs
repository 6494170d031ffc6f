using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>
/// Runs steps over elements, all steps over a few thousand elements before the next ones come: these stay in the
/// processor's nearest cache, so that a volume passes through memory once, however many steps there are. Each step rounds
/// as numpy's own loop would.
/// </summary>
internal static class Arithmetic
{
    private const int ElementsAtOnce = 2048;

    /// <summary>Runs the steps over all elements.</summary>
    /// <param name="type">The type of the source's elements.</param>
    /// <param name="source">The elements.</param>
    /// <param name="steps">At least one. The last one's type is that of the results.</param>
    /// <param name="destination">Where the results go: as many elements.</param>
    public static void Run(ElementType type, ReadOnlySpan<byte> source, ReadOnlySpan<ArithmeticStep> steps, Span<byte> destination)
    {
        ElementType resultType = steps[^1].Type;
        Span<byte> current = stackalloc byte[ElementsAtOnce * sizeof(double)];
        Span<byte> next = stackalloc byte[ElementsAtOnce * sizeof(double)];
        while (!source.IsEmpty)
        {
            int count = Math.Min(source.Length / type.ItemSize, ElementsAtOnce);
            ElementType currentType = steps[0].Type;
            ElementTypes.Convert(type, source[..(count * type.ItemSize)], currentType, current);
            foreach (ArithmeticStep step in steps)
            {
                if (step.Type != currentType)
                {
                    ElementTypes.Convert(currentType, current[..(count * currentType.ItemSize)], step.Type, next);
                    Span<byte> spare = current;
                    current = next;
                    next = spare;
                    currentType = step.Type;
                }

                StepRun run = new(step, current[..(count * currentType.ItemSize)]);
                ElementTypes.Dispatch(currentType, ref run);
            }

            current[..(count * resultType.ItemSize)].CopyTo(destination);
            source = source[(count * type.ItemSize)..];
            destination = destination[(count * resultType.ItemSize)..];
        }
    }

    /// <summary>The number in the type that is calculated in.</summary>
    public static T ToElement<T>(PythonNumber number)
        where T : INumber<T> => number.IsInteger ? T.CreateTruncating(number.Integer) : T.CreateTruncating(number.Real);

    private readonly ref struct StepRun(ArithmeticStep step, Span<byte> elements) : IElementVisitor
    {
        private readonly Span<byte> elements = elements;

        public void Visit<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            Span<T> values = MemoryMarshal.Cast<byte, T>(elements);
            switch (step.Operation)
            {
                case ArithmeticOperation.Subtract:
                    TensorPrimitives.Subtract(values, ToElement<T>(step.Operand), values);
                    break;
                case ArithmeticOperation.Divide:
                    TensorPrimitives.Divide(values, ToElement<T>(step.Operand), values);
                    break;
                case ArithmeticOperation.Multiply:
                    TensorPrimitives.Multiply(values, ToElement<T>(step.Operand), values);
                    break;
                case ArithmeticOperation.Add:
                    TensorPrimitives.Add(values, ToElement<T>(step.Operand), values);
                    break;
                case >= ArithmeticOperation.IsGreater:
                    Compare(values, step.Operation, ToElement<T>(step.Operand));
                    break;
            }
        }

        private static void Compare<T>(Span<T> values, ArithmeticOperation comparison, T number)
            where T : unmanaged, INumber<T>
        {
            if (Vector<T>.IsSupported)
            {
                Vector<T> numbers = Vector.Create(number);
                Span<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
                foreach (ref Vector<T> vector in vectors)
                    vector = Vector<T>.One & Mask(vector, comparison, numbers);
                values = values[(vectors.Length * Vector<T>.Count)..];
            }

            foreach (ref T value in values)
                value = Holds(value, comparison, number) ? T.One : T.Zero;
        }

        private static Vector<T> Mask<T>(Vector<T> values, ArithmeticOperation comparison, Vector<T> numbers) => comparison switch
        {
            ArithmeticOperation.IsGreater => Vector.GreaterThan(values, numbers),
            ArithmeticOperation.IsGreaterOrEqual => Vector.GreaterThanOrEqual(values, numbers),
            ArithmeticOperation.IsSmaller => Vector.LessThan(values, numbers),
            ArithmeticOperation.IsSmallerOrEqual => Vector.LessThanOrEqual(values, numbers),
            _ => Vector.Equals(values, numbers),
        };

        private static bool Holds<T>(T value, ArithmeticOperation comparison, T number)
            where T : INumber<T> => comparison switch
            {
                ArithmeticOperation.IsGreater => value > number,
                ArithmeticOperation.IsGreaterOrEqual => value >= number,
                ArithmeticOperation.IsSmaller => value < number,
                ArithmeticOperation.IsSmallerOrEqual => value <= number,
                _ => value == number,
            };
    }
}
