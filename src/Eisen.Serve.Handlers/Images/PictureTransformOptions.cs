namespace Eisen.Serve.Handlers.Images;

/// <summary>
/// How a picture becomes a model's input, in torchvision's terms. The defaults are those of TorchServe's image handlers
/// for models trained on ImageNet.
/// </summary>
public sealed record PictureTransformOptions
{
    /// <summary>The largest side that may be asked for.</summary>
    public const int MaxSize = 8192;

    /// <summary>
    /// One number, to which the shorter side is resized while the longer keeps the proportion; or height and width; or
    /// null, which leaves the picture at its size.
    /// </summary>
    public IReadOnlyList<int>? Resize { get; init; } = [256];

    /// <summary>Height and width of what is cut out of the centre, or one number for both.</summary>
    public IReadOnlyList<int> Crop { get; init; } = [224];

    /// <summary>3 for red, green, blue, or 1 for grey.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>What is subtracted from each channel after samples became numbers from 0 to 1.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>What each channel is divided by after that.</summary>
    public IReadOnlyList<float> Std { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>Finds all mistakes.</summary>
    /// <returns>A line for each, none if the options can be used.</returns>
    public IReadOnlyList<string> Validate()
    {
        List<string> mistakes = [];
        if (Resize is not null)
            CheckSides(nameof(Resize), Resize, mistakes);
        CheckSides(nameof(Crop), Crop, mistakes);
        if (Channels is not (1 or 3))
            mistakes.Add($"{nameof(Channels)} is {Channels}, but must be 1 or 3.");
        CheckPerChannel(nameof(Mean), Mean, float.IsFinite, "a finite number", mistakes);
        CheckPerChannel(nameof(Std), Std, value => value > 0 && float.IsFinite(value), "above 0", mistakes);
        return mistakes;
    }

    private static void CheckSides(string name, IReadOnlyList<int>? sides, List<string> mistakes)
    {
        if (sides is not { Count: 1 or 2 })
        {
            mistakes.Add($"{name} has {sides?.Count ?? 0} numbers, but must have one, or two: height and width.");
            return;
        }

        foreach (int side in sides)
        {
            if (side is < 1 or > MaxSize)
                mistakes.Add($"{name} contains {side}, but a side must be from 1 to {MaxSize}.");
        }
    }

    private void CheckPerChannel(string name, IReadOnlyList<float>? values, Predicate<float> isValid, string rule, List<string> mistakes)
    {
        int count = values?.Count ?? 0;
        if (count != Channels)
            mistakes.Add($"{name} has {count} numbers, but must have one for each of {Channels} channels.");

        foreach (float value in values ?? [])
        {
            if (!isValid(value))
                mistakes.Add(FormattableString.Invariant($"{name} contains {value}, but must be {rule}."));
        }
    }
}
