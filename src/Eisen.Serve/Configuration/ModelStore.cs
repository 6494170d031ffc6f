using Eisen.Serve.Archive;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;

namespace Eisen.Serve.Configuration;

/// <summary>The folder with the archives. A model is named by the file's name alone: nothing outside can be reached.</summary>
internal sealed class ModelStore(string folder)
{
    private static readonly string[] Extensions = [".mar", ".tar.gz", ".tgz"];

    /// <summary>The models that a list of names asks for.</summary>
    /// <param name="names">Each <c>file</c>, <c>name=file</c>, or <c>all</c>.</param>
    /// <exception cref="UserMistakeException">A name cannot be a model's, or is empty.</exception>
    public IReadOnlyList<ModelConfig> Resolve(IReadOnlyList<string> names)
    {
        if (names is [string only] && only.Equals("all", StringComparison.OrdinalIgnoreCase))
            return [.. Archives().Select(file => ConfigOf(file, null))];
        return [.. names.Select(Resolve)];
    }

    /// <summary>What is wrong with a list of names in itself, whatever the store has; each for a sentence that begins with
    /// where the list stands.</summary>
    public static IEnumerable<string> MistakesIn(IReadOnlyList<string> names) =>
        names.CountBy(name => name, StringComparer.Ordinal)
            .Where(named => named.Value > 1)
            .Select(named => $"{PrintableText.Quoted(named.Key)} is named twice");

    /// <summary>Why the store has not what a model asks for, in one line with the nearest archive; null when it has.</summary>
    public string? WhyMissing(ModelConfig config)
    {
        if (config.Url is "" or "." or ".." || config.Url.AsSpan().ContainsAny('/', '\\', '\0'))
            return $"'{config.Url}' is not the name of a file in the model store; paths are not taken";
        if (File.Exists(config.ArchivePath) || Directory.Exists(config.ArchivePath))
            return null;
        return $"the model store has no '{config.Url}'{Nearest.DidYouMean(config.Url, Archives())}";
    }

    private ModelConfig Resolve(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return ConfigOf(text, null);

        string model = text[..equals];
        if (ModelNames.FaultIn(model) is { } fault)
            throw new UserMistakeException($"--models: {fault}");
        return ConfigOf(text[(equals + 1)..], model);
    }

    private ModelConfig ConfigOf(string file, string? name) =>
        new() { Url = file, ArchivePath = Path.Combine(folder, file), Name = name, LoadedAtStartup = true };

    private IEnumerable<string> Archives() =>
        Directory.EnumerateFiles(folder)
            .Where(file => Extensions.Any(extension => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)))
            .Concat(Directory.EnumerateDirectories(folder).Where(subfolder => Directory.Exists(Path.Combine(subfolder, "MAR-INF"))))
            .Select(path => Path.GetFileName(path)!)
            .Order(StringComparer.Ordinal);
}
