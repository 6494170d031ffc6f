using System.CommandLine;
using Eisen.Serve.Archive;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;

namespace Eisen.Serve.Packing;

/// <summary>The options of <c>pack</c>: those of <c>torch-model-archiver</c>, and those for Eisen's models.</summary>
internal static class PackCommandLine
{
    private static readonly string[] Runtimes = ["python", "python3", "LSP"];
    private static readonly Dictionary<string, ArchiveLayout> Layouts = new(StringComparer.Ordinal)
    {
        ["default"] = ArchiveLayout.Zip,
        ["tgz"] = ArchiveLayout.TarGzip,
        ["no-archive"] = ArchiveLayout.Folder,
        ["zip-store"] = ArchiveLayout.StoredZip,
    };

    public static Command Create()
    {
        Option<string> modelName = new("--model-name") { Description = "The model's name; the archive is called NAME.mar.", HelpName = "NAME" };
        Option<string> version = new("--version", "-v") { Description = "The model's version.", HelpName = "VERSION" };
        Option<string> serializedFile = new("--serialized-file", "--model") { Description = "The TorchScript module, or the weights of an eager model.", HelpName = "FILE" };
        Option<string> handler = new("--handler") { Description = "A built-in handler's name, a Python file, or an assembly and a class in it (Acme.dll:Acme.BrainHandler); 'eisen' when there is --metadata.", HelpName = "NAME | FILE" };
        Option<string> metadata = new("--metadata") { Description = "An Eisen model's metadata.json.", HelpName = "FILE" };
        Option<string> preProcessing = new("--pre-processing") { Description = "What an Eisen model's fields go through first: transforms as .json, or TorchScript as .pt.", HelpName = "FILE" };
        Option<string> postProcessing = new("--post-processing") { Description = "The same for what comes after the model.", HelpName = "FILE" };
        Option<string> modelFile = new("--model-file") { Description = "The Python file with an eager model's architecture.", HelpName = "FILE" };
        Option<string[]> extraFiles = new("--extra-files")
        {
            Description = "More files, and folders whose content goes in; commas may stand between them.",
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> requirementsFile = new("--requirements-file", "-r") { Description = "The list of Python packages that the handler needs.", HelpName = "FILE" };
        Option<string> configFile = new("--config-file", "-c") { Description = "The model's YAML configuration.", HelpName = "FILE" };
        Option<string> runtime = new("--runtime") { Description = $"The handler's language: {string.Join(", ", Runtimes)}.", HelpName = "NAME" };
        Option<string> exportPath = new("--export-path") { Description = "The folder that the archive goes to; this one when left out.", HelpName = "FOLDER" };
        Option<string> format = new("--archive-format") { Description = $"How it is stored: {string.Join(", ", Layouts.Keys)}.", HelpName = "NAME" };
        Option<bool> force = new("--force", "-f") { Description = "Replace an archive that is there." };
        Option<string> sample = new("--sample") { Description = "A request's body (.msgpack, .npz, .json, a picture ...) that the packed model must answer.", HelpName = "FILE" };

        Command command = new("pack", "Check a model, and write an archive of it.")
        {
            modelName, version, serializedFile, handler, metadata, preProcessing, postProcessing, modelFile, extraFiles, requirementsFile, configFile, runtime, exportPath, format, force, sample,
        };
        command.SetAction((result, cancellationToken) => PackCommand.RunAsync(
            new PackOptions
            {
                ModelName = result.GetValue(modelName),
                Version = result.GetValue(version),
                SerializedFile = result.GetValue(serializedFile),
                ModelFile = result.GetValue(modelFile),
                Handler = result.GetValue(handler),
                ExtraFiles = [.. (result.GetValue(extraFiles) ?? []).SelectMany(files => files.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
                Runtime = OneOf(Runtimes, result.GetValue(runtime) ?? Runtimes[0], runtime.Name),
                ExportPath = result.GetValue(exportPath),
                Layout = Layouts[OneOf([.. Layouts.Keys], result.GetValue(format) ?? "default", format.Name)],
                Force = result.GetValue(force),
                RequirementsFile = result.GetValue(requirementsFile),
                ConfigFile = result.GetValue(configFile),
                PreProcessing = result.GetValue(preProcessing),
                PostProcessing = result.GetValue(postProcessing),
                Metadata = result.GetValue(metadata),
                Sample = result.GetValue(sample),
            },
            result.InvocationConfiguration.Output,
            cancellationToken));
        return command;
    }

    private static string OneOf(string[] names, string given, string option) => names.Contains(given)
        ? given
        : throw new UserMistakeException($"{option} is {string.Join(", ", names.SkipLast(1))} or {names[^1]}, not '{given}'{Nearest.DidYouMean(given, names)}");
}
