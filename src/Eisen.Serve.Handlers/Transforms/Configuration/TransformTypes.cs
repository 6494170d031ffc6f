using System.Text.Json;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Which transform a type's name stands for.</summary>
internal static class TransformTypes
{
    private const string Prefix = "eisen.transforms.";

    // The module that the original's classes are defined in, which is what Python says of them.
    private const string ModulePrefix = Prefix + "imaging.";
    private const string InspectPrefix = Prefix + "inspect.";

    private static readonly SortedDictionary<string, Func<TransformParameters, IFieldTransform>> Known = new(StringComparer.Ordinal)
    {
        ["AddChannelDimension"] = AddChannelDimension.Read,
        ["CreateConstantFlags"] = CreateConstantFlags.Read,
        ["CropCenteredSubVolumes"] = CropCenteredSubVolumes.Read,
        ["FilterFields"] = FilterFields.Read,
        ["FixedMeanStdNormalization"] = FixedMeanStdNormalization.Read,
        ["LabelMapToOneHot"] = LabelMapToOneHot.Read,
        ["MapValues"] = MapValues.Read,
        ["NiftiToNumpy"] = NiftiToNumpy.Read,
        ["NumpyToNifti"] = NumpyToNifti.Read,
        ["PilToNumpy"] = PilToNumpy.Read,
        ["RenameFields"] = RenameFields.Read,
        ["RepeatTensor"] = RepeatTensor.Read,
        ["ResampleNiftiVolumes"] = ResampleNiftiVolumes.Read,
        ["StackImagesChannelwise"] = StackImagesChannelwise.Read,
        ["ThresholdValues"] = ThresholdValues.Read,
    };

    // What the original has and this server does not, and what to do instead.
    private static readonly SortedDictionary<string, string> NotOffered = new(StringComparer.Ordinal)
    {
        ["GetContent"] = "it prints a request's data to the console; leave it out",
        ["GetShape"] = "it prints a request's shapes to the console; leave it out",
        ["ITKToNumpy"] = "ITK volumes are not read here; send a NIfTI file, and use eisen.transforms.NiftiToNumpy",
        ["ResampleITKVolumes"] = "ITK volumes are not read here; send a NIfTI file, and use eisen.transforms.ResampleNiftiVolumes",
    };

    /// <summary>The full names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Keys.Select(name => Prefix + name)];

    /// <summary>Makes one transform of a configuration.</summary>
    /// <param name="item">Its part of the JSON.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <param name="mistakes">Takes what is wrong with it.</param>
    /// <returns>The transform, or null when something is wrong.</returns>
    public static IFieldTransform? Read(JsonElement item, string place, List<string> mistakes)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
        {
            mistakes.Add($"{place} must be an object with a text as its \"type\", for example \"{Names[0]}\"");
            return null;
        }

        string given = type.GetString()!;
        string name = ShortName(given);
        if (!Known.TryGetValue(name, out Func<TransformParameters, IFieldTransform>? read) || name == given)
        {
            mistakes.Add(NotOffered.TryGetValue(name, out string? instead)
                ? $"{place} {Prefix}{name} is not offered: {instead}"
                : $"{place} there is no transform {PrintableText.Quoted(given)}{Meant(name)}");
            return null;
        }

        int before = mistakes.Count;
        foreach (JsonProperty property in item.EnumerateObject().Where(property => property.Name is not ("type" or "params")))
            mistakes.Add($"{place} {name}: {PrintableText.Quoted(property.Name)} has no meaning here; a transform has a \"type\" and \"params\"");
        TransformParameters parameters = new(item, $"{place} {name}", mistakes);
        IFieldTransform transform = read(parameters);
        parameters.RefuseUnknown();
        return mistakes.Count == before ? transform : null;
    }

    private static string ShortName(string given)
    {
        foreach (string prefix in (ReadOnlySpan<string>)[ModulePrefix, InspectPrefix, Prefix])
        {
            if (given.StartsWith(prefix, StringComparison.Ordinal))
                return given[prefix.Length..];
        }

        return given;
    }

    // The last part alone is compared, so that a forgotten or mistaken prefix does not count.
    private static string Meant(string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        return Nearest.Find(last, Known.Keys) is { } near ? $"; did you mean '{Prefix}{near}'?" : $"; there are {string.Join(", ", Names)}";
    }
}
