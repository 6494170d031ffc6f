using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Eisen.Serve.Benchmarks.Load;

/// <summary>Compares answers with the right one.</summary>
internal sealed class AnswerCheck(AnswerRule rule, byte[] right)
{
    private const float Tolerance = 1e-3f;
    private const int ShownBytes = 200;

    /// <exception cref="ScenarioFailedException">The answer is wrong.</exception>
    public void Require(int status, ReadOnlySpan<byte> answer)
    {
        if (status != 200)
            throw new ScenarioFailedException($"a request was answered with {status}: {Shown(answer)}");
        if (!IsRight(answer))
            throw new ScenarioFailedException($"a request was answered with {answer.Length} bytes that are not the right answer: {Shown(answer)}");
    }

    /// <summary>Whether an answer is the right one.</summary>
    public bool IsRight(ReadOnlySpan<byte> answer) => rule switch
    {
        AnswerRule.Equal => answer.SequenceEqual(right),
        AnswerRule.BeginsWith => answer.StartsWith(right),
        _ => answer.Length == right.Length && AreNear(MemoryMarshal.Cast<byte, float>(answer), MemoryMarshal.Cast<byte, float>(right)),
    };

    private static bool AreNear(ReadOnlySpan<float> given, ReadOnlySpan<float> wanted)
    {
        // Vectors: one number after the other takes a noticeable share of the processor from the server. NaN is near nothing.
        int i = 0;
        for (; i <= given.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (!Vector.LessThanOrEqualAll(Vector.Abs(new Vector<float>(given[i..]) - new Vector<float>(wanted[i..])), new Vector<float>(Tolerance)))
                return false;
        }

        for (; i < given.Length; i++)
        {
            if (!(MathF.Abs(given[i] - wanted[i]) <= Tolerance))
                return false;
        }

        return true;
    }

    private static string Shown(ReadOnlySpan<byte> answer)
    {
        string text = Encoding.Latin1.GetString(answer[..Math.Min(ShownBytes, answer.Length)]);
        return string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
    }
}
