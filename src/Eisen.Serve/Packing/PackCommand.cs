using Eisen.Serve.Archive;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Packing;

/// <summary>Writes an archive, once its model has shown that it works.</summary>
internal static class PackCommand
{
    /// <summary>The handlers of TorchServe that this server does not have; archives for it may name them.</summary>
    private static readonly string[] HandlersOfTorchServe = ["dali_image_classifier"];

    /// <returns>0.</returns>
    /// <exception cref="UserMistakeException">Something is missing, cannot be used or does not work; nothing is written.</exception>
    public static async Task<int> RunAsync(PackOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        ArchiveParts parts = PartsOf(options);
        string exportPath = options.ExportPath ?? Directory.GetCurrentDirectory();
        try
        {
            using ArchiveDraft draft = await Task.Run(
                () => ArchiveDraft.Create(parts, exportPath, options.Layout, options.Force, cancellationToken: cancellationToken), cancellationToken);
            // libtorch cannot be interrupted: what it does is left to its fate when somebody does not want to wait for it.
            string tried = await Task.Run(() => Try(draft.Folder, options.Sample, cancellationToken), CancellationToken.None).WaitAsync(cancellationToken);
            string path = await Task.Run(() => draft.Save(cancellationToken), cancellationToken);
            output.WriteLine($"Wrote {PrintableText.Escaped(path)}{(File.Exists(path) ? $", {ArchiveReport.Size(new FileInfo(path).Length)}" : "")}.");
            output.Write(tried);
            return 0;
        }
        catch (ArchiveException refused)
        {
            throw new UserMistakeException(refused.Message);
        }
    }

    private static ArchiveParts PartsOf(PackOptions options)
    {
        List<string> mistakes = [];
        Require(mistakes, options.ModelName, "--model-name");
        Require(mistakes, options.Version, "--version");
        if (options.Handler is null && options.Metadata is null)
            mistakes.Add("--handler is missing, or --metadata for a model of Eisen's");
        bool isEisen = (options.Handler ?? EisenServingMar.HandlerName) == EisenServingMar.HandlerName;
        if (isEisen && options.Metadata is null && options.Handler is not null)
            mistakes.Add($"--metadata is missing, which handler '{EisenServingMar.HandlerName}' reads");
        if (options.Metadata is null && (options.PreProcessing ?? options.PostProcessing) is not null)
            mistakes.Add("--pre-processing and --post-processing go with --metadata");
        if (options.Metadata is not null)
            Require(mistakes, options.SerializedFile, "--model");
        CheckEnding(mistakes, "--pre-processing", options.PreProcessing);
        CheckEnding(mistakes, "--post-processing", options.PostProcessing);
        PackedHandler handler = PackedHandler.Find(options.Handler ?? EisenServingMar.HandlerName, [.. BuiltInHandlers.Names, .. HandlersOfTorchServe]);
        CheckHandler(mistakes, handler);
        // A Python handler of their own may read it, as Eisen-Deploy's does.
        if (options.Metadata is not null && !isEisen && handler.File is null)
            mistakes.Add($"--metadata goes with handler '{EisenServingMar.HandlerName}', the one when --handler is left out, or with a Python file, not with {PrintableText.Quoted(handler.Name)}");
        if (mistakes.Count > 0)
            throw new UserMistakeException(string.Join("; ", mistakes));

        ArchiveParts parts = options.Metadata is { } metadata
            ? new EisenServingMar(options.PreProcessing, options.PostProcessing, metadata).PartsFor(options.SerializedFile!, options.ModelName!, options.Version!, options.ExtraFiles)
            : new ArchiveParts
            {
                ModelName = options.ModelName!,
                ModelVersion = options.Version!,
                Handler = handler,
                SerializedFile = FileAt(options.SerializedFile),
                ExtraFiles = [.. options.ExtraFiles.Select(PackedFile.AtRoot)],
            };
        return parts with
        {
            Handler = handler,
            ModelFile = FileAt(options.ModelFile),
            ConfigFile = FileAt(options.ConfigFile),
            RequirementsFile = FileAt(options.RequirementsFile),
            Runtime = options.Runtime,
        };
    }

    private static void Require(List<string> mistakes, string? value, string option)
    {
        if (string.IsNullOrEmpty(value))
            mistakes.Add($"{option} is missing");
    }

    private static void CheckEnding(List<string> mistakes, string option, string? file)
    {
        if (file is not null && Path.GetExtension(file).ToLowerInvariant() is not (".json" or ".pt"))
            mistakes.Add($"{option} is a .json file with transforms or a .pt file with TorchScript, not {PrintableText.Quoted(file)}");
    }

    private static void CheckHandler(List<string> mistakes, PackedHandler handler)
    {
        string[] names = [.. BuiltInHandlers.Names, .. HandlersOfTorchServe];
        if (handler.File is null && !names.Contains(handler.Name))
            mistakes.Add($"there is no handler {PrintableText.Quoted(handler.Name)}, and no such Python file{Nearest.DidYouMean(handler.Name, names)}");
    }

    private static PackedFile? FileAt(string? path) => path is null ? null : PackedFile.AtRoot(path);

    // What comes back is what to print.
    private static string Try(string folder, string? sample, CancellationToken cancellationToken)
    {
        using StringWriter text = new();
        using ArchiveInspection archive = ArchiveInspection.Open(folder, folder, cancellationToken: cancellationToken);
        using PackedModel model = new(archive);
        IReadOnlyList<string> problems = [.. archive.Problems, .. model.FindProblems(loadModule: true)];
        if (problems.Count > 0)
            throw new UserMistakeException(string.Join("; ", problems));

        ArchiveReport report = new(text);
        report.WriteContent(archive);
        report.WriteModel(model, withCode: false);
        report.WriteWarnings([.. archive.Warnings, .. model.Warnings]);
        report.WriteTrial(model.AnswerExamples(cancellationToken), withSample: sample is not null);
        if (sample is not null)
            SampleRequest.Ask(model, sample, text, cancellationToken);
        return text.ToString();
    }
}
