using System.Globalization;
using System.Text.Json.Nodes;
using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Packing;

/// <summary>Writes what is in an archive, for people. Whatever it holds, what comes out is fit for a terminal.</summary>
internal sealed class ArchiveReport(TextWriter output)
{
    private const int MostCharacters = 400;

    /// <summary>A number of bytes as people read it; "nothing" for none at all.</summary>
    public static string Size(long? bytes) => bytes switch
    {
        null => "nothing",
        1 => "1 byte",
        < 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):0.0} KiB"),
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB"),
    };

    public void WriteHeading(string text) => output.WriteLine(text);

    /// <summary>The manifest, the configuration, and the files with their sizes.</summary>
    public void WriteContent(ArchiveInspection archive)
    {
        if (archive.Manifest is { } manifest)
            WriteManifest(manifest);
        if (archive.Config is { } config)
        {
            Section("Configuration");
            foreach ((string name, JsonNode? value) in config.All)
                Line(name, value?.ToJsonString() ?? "null");
        }

        if (archive.Files.Count == 0)
            return;
        Section($"Files ({archive.Files.Count}, {Size(archive.Files.Sum(file => file.Length))} unpacked)");
        foreach (ArchiveEntry file in archive.Files)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {file.Length,15:N0}  {PrintableText.Shortened(file.Name, MostCharacters)}"));
    }

    /// <summary>What runs the model, the metadata and transforms of an Eisen model, the module's signature, and its code if wanted.</summary>
    public void WriteModel(PackedModel model, bool withCode)
    {
        if (model.Choice is { } choice)
            WriteChoice(choice);
        if (model.Metadata is { } metadata)
            WriteMetadata(metadata);
        foreach (TransformList transforms in model.Transforms)
        {
            Section($"Transforms of {transforms.FileName}");
            foreach (string step in transforms.Steps)
                output.WriteLine($"  {PrintableText.Shortened(step, MostCharacters)}");
        }

        WriteModule(model, withCode);
    }

    /// <summary>What is doubtful, if anything is.</summary>
    public void WriteWarnings(IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
            return;
        Section("Warnings");
        foreach (string warning in warnings)
            output.WriteLine($"  {PrintableText.Shortened(warning, MostCharacters)}");
    }

    /// <summary>What the model has answered before it was packed.</summary>
    /// <param name="batches">The sizes of the batches of examples; null when it is not run here.</param>
    /// <param name="withSample">Whether it is asked a sample, too.</param>
    public void WriteTrial(IReadOnlyList<int>? batches, bool withSample)
    {
        if (batches is [] && withSample)
            return;
        Section("Trial");
        output.WriteLine(batches switch
        {
            null => "  the model was not run: its handler is Python's",
            [] => "  the model was not run: nothing says what it is asked; --sample FILE asks it",
            _ => $"  the module answers examples of what it is asked, in batches of {string.Join(", ", batches)}",
        });
    }

    public void WriteProblems(IReadOnlyList<string> problems)
    {
        Section("Problems");
        foreach (string problem in problems.DefaultIfEmpty("none"))
            output.WriteLine($"  {problem}");
    }

    private void WriteChoice(HandlerChoice choice)
    {
        Section("Handler");
        Line("runs", choice.Handler);
        Line("where", choice.Place switch
        {
            HandlerPlace.Python => "in a Python worker",
            HandlerPlace.Assembly => "in the server, from the archive's assembly",
            _ => "in the server",
        });
        Line("why", choice.Reason);
    }

    private void WriteMetadata(EisenMetadata metadata)
    {
        Section("Metadata");
        foreach (EisenField field in metadata.Inputs)
            Line("input", $"{field.Name}: {field.Type} [{string.Join(", ", field.Shape)}]");
        foreach (EisenField field in metadata.Outputs)
            Line("output", $"{field.Name}: {field.Type} [{string.Join(", ", field.Shape)}]");
        Line("model inputs", string.Join(", ", metadata.ModelInputs));
        Line("model outputs", string.Join(", ", metadata.ModelOutputs));
        if (metadata.Custom.Count > 0)
            Line("custom", metadata.Custom.ToJsonString());
    }

    private void WriteModule(PackedModel model, bool withCode)
    {
        if (model.Description is null && model.NotLoaded is null)
            return;
        Section("Module");
        if (model.Description is not { } module)
        {
            output.WriteLine($"  not loaded: {model.NotLoaded}");
            return;
        }

        output.WriteLine($"  {PrintableText.Shortened(module.Signature, MostCharacters)}");
        if (withCode)
            WriteCode(module);
    }

    private void WriteManifest(ArchiveManifest manifest)
    {
        Section("Manifest");
        Line("model", manifest.ModelName);
        Line("version", manifest.ModelVersion);
        Line("handler", manifest.Handler);
        Line("serialized file", manifest.SerializedFile);
        Line("model file", manifest.ModelFile);
        Line("config file", manifest.ConfigFile);
        Line("requirements file", manifest.RequirementsFile);
        Line("extra files", manifest.ExtraFiles.Count == 0 ? null : string.Join(", ", manifest.ExtraFiles));
        Line("runtime", manifest.Runtime);
        Line("created on", manifest.CreatedOn);
        Line("archiver version", manifest.ArchiverVersion);
    }

    private void WriteCode(ModuleDescription module)
    {
        Section("Code");
        foreach (ReadOnlySpan<char> line in module.Code.AsSpan().TrimEnd().EnumerateLines())
            output.WriteLine(PrintableText.Shortened($"  {line}", MostCharacters));
        if (module.Code.Length >= ModuleDescription.MostCodeBytes - 4)
            output.WriteLine($"  ... more than the {Size(ModuleDescription.MostCodeBytes)} that are shown");
    }

    private void Section(string title)
    {
        output.WriteLine();
        output.WriteLine(title);
    }

    private void Line(string name, string? value)
    {
        if (value is not null)
            output.WriteLine($"  {PrintableText.Shortened(name),-17}  {PrintableText.Shortened(value, MostCharacters)}");
    }
}
