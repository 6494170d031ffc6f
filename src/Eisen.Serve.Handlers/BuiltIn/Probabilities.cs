using System.Numerics.Tensors;

namespace Eisen.Serve.Handlers;

/// <summary>The softmax: what a classifier's logits say of its classes.</summary>
internal static class Probabilities
{
    /// <summary>Turns logits into probabilities, in place.</summary>
    /// <param name="scores">At least one logit.</param>
    /// <exception cref="UnusableOutputException">One is NaN, or the largest is infinite.</exception>
    public static void Of(Span<float> scores)
    {
        float largest = TensorPrimitives.Max(scores);
        if (!float.IsFinite(largest))
            throw new UnusableOutputException($"The module returned the logit {largest}, from which no probabilities follow.");
        TensorPrimitives.Subtract(scores, largest, scores);
        TensorPrimitives.Exp(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum(scores), scores);
    }
}
