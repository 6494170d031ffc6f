using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What an Eisen model's archive says: its metadata, and what is done before and after the model.</summary>
/// <param name="Metadata">What it takes and gives.</param>
/// <param name="MetadataJson">The metadata's file as it is, to be sent.</param>
/// <param name="PreProcessing">What is done before the model.</param>
/// <param name="PostProcessing">What is done after it.</param>
internal sealed record EisenArchive(EisenMetadata Metadata, byte[] MetadataJson, Processing PreProcessing, Processing PostProcessing)
{
    private const string PreProcess = "pre_process";
    private const string PostProcess = "post_process";

    // The names that the original's packaging gives.
    private const string OriginalHandler = "handlers.py";
    private const string PickledTransforms = "pre_process_tform.pkl";

    /// <summary>Whether this handler does what an archive's own Python handler would do: the archive is one of the original's,
    /// or made like one, and its transforms are there in a form that can be read.</summary>
    public static bool Replaces(string handler, string folder)
    {
        string file = handler.Split(':', 2)[0];
        if (!file.EndsWith(".py", StringComparison.Ordinal) || !File.Exists(Path.Combine(folder, EisenMetadata.FileName)))
            return false;
        bool hasReadable = File.Exists(Path.Combine(folder, $"{PreProcess}.json")) || File.Exists(Path.Combine(folder, $"{PreProcess}.pt"));
        return hasReadable || (file == OriginalHandler && !File.Exists(Path.Combine(folder, PickledTransforms)));
    }

    /// <summary>Reads what the archive's folder has.</summary>
    /// <exception cref="HandlerConfigurationException">Something is missing or wrong; the message tells all of it.</exception>
    public static EisenArchive Read(string folder)
    {
        List<string> mistakes = [];
        (EisenMetadata? metadata, byte[] json) = ReadMetadata(folder, mistakes);
        Processing before = Processing.Read(folder, PreProcess, mistakes);
        Processing after = Processing.Read(folder, PostProcess, mistakes);
        return mistakes.Count == 0 ? new EisenArchive(metadata!, json, before, after) : throw new HandlerConfigurationException(string.Join("; ", mistakes));
    }

    private static (EisenMetadata?, byte[]) ReadMetadata(string folder, List<string> mistakes)
    {
        FileInfo file = new(Path.Combine(folder, EisenMetadata.FileName));
        if (!file.Exists)
        {
            mistakes.Add($"the archive has no {EisenMetadata.FileName}, which says what the model takes and gives");
            return (null, []);
        }

        if (file.Length > EisenMetadata.MaxBytes)
        {
            mistakes.Add($"{EisenMetadata.FileName} is larger than {EisenMetadata.MaxBytes >> 20} MiB");
            return (null, []);
        }

        try
        {
            byte[] json = File.ReadAllBytes(file.FullName);
            return (EisenMetadata.Read(json), json);
        }
        catch (DataFormatException mistake)
        {
            mistakes.Add($"{EisenMetadata.FileName}: {mistake.Message}");
            return (null, []);
        }
    }
}
