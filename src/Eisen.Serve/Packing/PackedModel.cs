using Eisen.Serve.Archive;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;

namespace Eisen.Serve.Packing;

/// <summary>The model in an archive, tried as a server would: its module is loaded on the CPU, its handler made, and what
/// they say of each other compared.</summary>
/// <param name="archive">An archive with a manifest that can be used.</param>
internal sealed class PackedModel(ArchiveInspection archive) : IDisposable
{
    private readonly ArchiveManifest manifest = archive.Manifest!;
    private readonly string folder = archive.Folder!;
    private readonly Lazy<LibTorchEngine> engine = new();
    private readonly List<string> problems = [];
    private readonly List<IScriptModule> modules = [];
    private readonly WarningList warnings = new();
    private IModelHandler? handler;

    /// <summary>Which handler runs it, where, and why; null when none can.</summary>
    public HandlerChoice? Choice { get; private set; }

    /// <summary>What the module takes, gives and does; null when it was not loaded.</summary>
    public ModuleDescription? Description { get; private set; }

    /// <summary>Why the module was not loaded, although nothing is wrong with that; null when it was, or when something is.</summary>
    public string? NotLoaded { get; private set; }

    /// <summary>What an Eisen model takes and gives; null when there is none, or none that can be read.</summary>
    public EisenMetadata? Metadata { get; private set; }

    /// <summary>What an Eisen model does before and after its module.</summary>
    public IReadOnlyList<TransformList> Transforms { get; private set; } = [];

    /// <summary>What is doubtful about the handler's parameters.</summary>
    public IReadOnlyList<string> Warnings => warnings.Messages;

    private bool IsBuiltIn => Choice?.Place == HandlerPlace.InProcess;

    private bool IsEisens => IsBuiltIn && Choice!.Handler == EisenServingMar.HandlerName;

    /// <summary>Tries it; to be called once.</summary>
    /// <returns>What is wrong, each in one line that is fit for a terminal.</returns>
    public IReadOnlyList<string> FindProblems(bool loadModule)
    {
        // A file that is not in the archive is the inspection's to tell.
        if (IsThere(manifest.HandlerFile) && IsThere(manifest.SerializedFile))
            Try(() => Choice = HandlerChoice.Make(manifest, folder, archive.PathOf));
        if (IsBuiltIn)
            Try(() => handler = MakeHandler());
        Metadata = ReadMetadata();
        Transforms = [.. new[] { "pre_process.json", "post_process.json" }.Select(name => archive.PathOf(name) is { } path ? TransformList.Read(path) : null).OfType<TransformList>()];
        if (!loadModule)
            NotLoaded = "it was not asked for";
        else if (IsBuiltIn)
            LoadModules();
        else
            LoadIfItIsTorchScript();
        if (IsEisens && Metadata is not null && Description is not null)
            problems.AddRange(SignatureCheck.FindProblems(Metadata, Description));
        return problems;
    }

    /// <summary>Warms the model up, as each of a server's workers does before it is ready.</summary>
    /// <returns>The sizes of the batches that it answered, none when its handler does not know what it is asked; null for a
    /// handler that is not run here.</returns>
    /// <exception cref="UserMistakeException">It fails on what it will be given; the message says on what.</exception>
    public IReadOnlyList<int>? AnswerExamples(CancellationToken cancellationToken)
    {
        if (modules.Count == 0 || handler is null)
            return null;
        List<int> answered = [];
        foreach (int size in WarmUp.Sizes(archive.Config?.BatchSize ?? 1))
        {
            try
            {
                if (WarmUp.Run(handler, modules[0], size, cancellationToken))
                    answered.Add(size);
            }
            catch (TorchException failure)
            {
                throw new UserMistakeException($"the module fails on {Described(handler.ExampleInputs(size) ?? [])}, which is what a batch of {size} is: {FailureText.InOneLine(failure)}");
            }
        }

        return answered;
    }

    /// <summary>Asks the model what a client would.</summary>
    /// <returns>What it answered; null for a handler that is not run here.</returns>
    public HandlerAnswer? Ask(HandlerRequest request, CancellationToken cancellationToken) =>
        modules.Count == 0 || handler is null ? null : handler.Handle([request], modules[0], modules[1..], cancellationToken).Single();

    public void Dispose() => modules.ForEach(module => module.Dispose());

    private bool IsThere(string? file) => file is null || archive.PathOf(file) is not null;

    private static string Described(TorchValue[] inputs)
    {
        string text = string.Join(", ", inputs.Select(input => input is TorchValue.Tensor tensor ? tensor.Array.ToString() : input.GetType().Name));
        foreach (TorchValue.Tensor tensor in inputs.OfType<TorchValue.Tensor>())
            tensor.Array.Dispose();
        return text;
    }

    private IModelHandler MakeHandler() => BuiltInHandlers.Create(
        Choice!.Handler, new HandlerContext(manifest.ModelName, manifest.ModelVersion, folder, archive.Config?.Handler ?? [], warnings));

    private EisenMetadata? ReadMetadata()
    {
        if (archive.PathOf(EisenMetadata.FileName) is not { } path)
            return null;
        try
        {
            return new FileInfo(path).Length <= EisenMetadata.MaxBytes ? EisenMetadata.Read(File.ReadAllBytes(path)) : null;
        }
        catch (DataFormatException)
        {
            // The handler that reads it has told already; to others it may be anything.
            return null;
        }
    }

    private void LoadModules()
    {
        Try(() => Description = Load(manifest.SerializedFile!));
        foreach (string further in handler?.FurtherModules ?? [])
            Try(() => Transforms = [.. Transforms, new TransformList(further, [$"TorchScript: {Load(further)?.Signature}"])]);
    }

    private ModuleDescription? Load(string file)
    {
        if (archive.PathOf(file) is not { } path)
            return null;
        try
        {
            IScriptModule module = engine.Value.Load(path, TorchDevice.Cpu);
            modules.Add(module);
            return module.Describe();
        }
        catch (TorchException refused)
        {
            string name = PrintableText.Shortened(file);
            throw new HandlerConfigurationException(SerializedFile.Look(path) is { Kind: not SerializedKind.TorchScript } other
                ? $"{name} is {other.Description}, and no TorchScript module: pack what torch.jit.save writes"
                : $"{name} cannot be loaded: {PrintableText.Shortened(refused.Message.ReplaceLineEndings(" "), mostCharacters: 400)}");
        }
    }

    // What a Python handler loads is its own affair.
    private void LoadIfItIsTorchScript()
    {
        if (manifest.SerializedFile is null)
            return;
        if (manifest.ModelFile is not null)
        {
            NotLoaded = "it holds the weights of an eager model";
            return;
        }

        try
        {
            Description = Load(manifest.SerializedFile);
        }
        catch (HandlerConfigurationException)
        {
            string what = archive.PathOf(manifest.SerializedFile) is { } path ? SerializedFile.Look(path).Description : "not there";
            NotLoaded = $"it is {what}{(Choice is null ? "" : "; the handler knows what to do with it")}";
        }
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (HandlerConfigurationException mistake)
        {
            problems.Add(PrintableText.Escaped(mistake.Message));
        }
    }
}
