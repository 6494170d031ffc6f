using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The one number of a model's output that an explanation is about: what the output has for a class. Where the classes are told for
/// many places, as a segmentation tells them, it is the mean over those where the class was the likeliest when nothing
/// was hidden, or over all where it was so nowhere.
/// </summary>
internal sealed class TargetScore
{
    /// <summary>What a request calls the class that it asks about.</summary>
    public const string FieldName = "target";

    private readonly int rows;
    private readonly int classes;
    private readonly int places;
    private readonly int[] targets;
    private readonly bool[]? counts;

    private TargetScore(int rows, int classes, int places, int[] targets, bool[]? counts)
    {
        this.rows = rows;
        this.classes = classes;
        this.places = places;
        this.targets = targets;
        this.counts = counts;
    }

    /// <summary>Each row's score when nothing is hidden.</summary>
    public float[] Plain { get; private set; } = [];

    /// <summary>The class that a request asks about, in a part called <c>target</c>; null for the likeliest.</summary>
    /// <exception cref="BadInputException">It is no number.</exception>
    public static int? Asked(HandlerRequest request)
    {
        if (request.Parts.FirstOrDefault(part => part.Name == FieldName) is not { } part)
            return null;
        return int.TryParse(part.Content.Span, NumberStyles.None, CultureInfo.InvariantCulture, out int target)
            ? target
            : throw new BadInputException($"target is {PrintableText.Quoted(Encoding.UTF8.GetString(part.Content.Span[..Math.Min(part.Content.Length, 100)]))}; it takes the number of a class, from 0");
    }

    /// <summary>Chooses the score.</summary>
    /// <param name="output">What the model gave when nothing was hidden: [rows], [rows, classes] or [rows, classes, places ...]
    /// of a numeric dtype.</param>
    /// <param name="rows">How many rows the input has.</param>
    /// <param name="target">The class; null for each row's likeliest, by the mean over all places.</param>
    /// <exception cref="BadInputException">There is no such class.</exception>
    /// <exception cref="UnusableOutputException">The output has not that form, or numbers that are none.</exception>
    public static TargetScore Of(NDArray output, int rows, int? target)
    {
        ReadOnlySpan<long> shape = output.Shape;
        int classes = shape.Length > 1 ? (int)shape[1] : 1;
        if (output.ElementCount == 0 || (shape.IsEmpty ? 1 : shape[0]) != rows)
            throw new UnusableOutputException($"The module returned {output} for {rows} inputs, of which no class can be explained.");
        if (target >= classes)
            throw new BadInputException($"target is {target}, but the model has {(classes == 1 ? "one class, 0" : $"{classes} classes, 0 to {classes - 1}")}");

        int places = output.ElementCount / rows / classes;
        float[] numbers = Numbers(output);
        int[] targets = new int[rows];
        for (int row = 0; row < rows; row++)
            targets[row] = target ?? Likeliest(numbers.AsSpan(row * classes * places, classes * places), places);
        bool[]? counts = classes > 1 && places > 1 ? PlacesOf(numbers, targets, classes, places) : null;
        TargetScore score = new(rows, classes, places, targets, counts);
        score.Plain = score.Read(numbers);
        return Array.TrueForAll(score.Plain, float.IsFinite)
            ? score
            : throw new UnusableOutputException("The module returned a score that is not finite, which cannot be explained.");
    }

    /// <summary>The scores of some copies of the input, one after the other.</summary>
    /// <param name="output">What the model gave for them.</param>
    /// <param name="copies">How many.</param>
    /// <exception cref="UnusableOutputException">It gave something else than for the input itself.</exception>
    public float[] Read(NDArray output, int copies) => output.ElementCount == (long)copies * rows * classes * places
        ? Read(Numbers(output))
        : throw new UnusableOutputException($"The module returned {output} for {copies} copies of an input, which are not {copies} of what it returned for one.");

    private float[] Read(float[] numbers)
    {
        float[] scores = new float[numbers.Length / classes / places];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = Score(numbers.AsSpan(((i * classes) + targets[i % rows]) * places, places), i % rows);
        return scores;
    }

    private float Score(ReadOnlySpan<float> ofClass, int row)
    {
        if (counts is null)
            return TensorPrimitives.Average(ofClass);
        double sum = 0;
        int number = 0;
        ReadOnlySpan<bool> counted = counts.AsSpan(row * places, places);
        for (int place = 0; place < places; place++)
        {
            if (counted[place])
            {
                sum += ofClass[place];
                number++;
            }
        }

        return (float)(sum / number);
    }

    private static int Likeliest(ReadOnlySpan<float> row, int places)
    {
        int likeliest = 0;
        float most = float.NegativeInfinity;
        for (int index = 0; index < row.Length / places; index++)
        {
            float mean = TensorPrimitives.Average(row.Slice(index * places, places));
            if (mean > most)
                (likeliest, most) = (index, mean);
        }

        return likeliest;
    }

    private static bool[] PlacesOf(float[] numbers, int[] targets, int classes, int places)
    {
        bool[] counts = new bool[targets.Length * places];
        for (int row = 0; row < targets.Length; row++)
        {
            ReadOnlySpan<float> ofRow = numbers.AsSpan(row * classes * places, classes * places);
            Span<bool> counted = counts.AsSpan(row * places, places);
            for (int place = 0; place < places; place++)
            {
                float most = float.NegativeInfinity;
                for (int index = 0; index < classes; index++)
                    most = Math.Max(most, ofRow[(index * places) + place]);
                counted[place] = ofRow[(targets[row] * places) + place] == most;
            }

            if (!counted.Contains(true))
                counted.Fill(true);
        }

        return counts;
    }

    private static float[] Numbers(NDArray output)
    {
        float[] numbers = new float[output.ElementCount];
        FloatArrays.Convert(output, numbers);
        return numbers;
    }
}
