using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine;

/// <summary>Which handler runs an archive, where it runs, and why it is that one.</summary>
/// <param name="Handler">Its name, as a manifest would have it.</param>
/// <param name="Place">Where it runs.</param>
/// <param name="Reason">Why, in a sentence without its full stop, fit for a terminal.</param>
public sealed record HandlerChoice(string Handler, HandlerPlace Place, string Reason)
{
    /// <summary>TorchServe's own, each of which is a class in Python, too.</summary>
    private static readonly HashSet<string> OfTorchServe = new(StringComparer.Ordinal)
    {
        "base_handler", "image_classifier", "image_segmenter", "object_detector", "text_classifier", "text_handler", "vision_handler",
    };

    /// <summary>Chooses. What the registration asks for goes before the manifest's handler, and where neither says anything the
    /// server's default is taken.</summary>
    /// <param name="manifest">What the archive says.</param>
    /// <param name="folder">The folder with its files.</param>
    /// <param name="find">Gives the full path of a file of the archive, or null when there is none of that name.</param>
    /// <param name="asked">The handler that the registration asks for; null for none.</param>
    /// <param name="fallback">The server's <c>default_service_handler</c>; null for none.</param>
    /// <exception cref="HandlerConfigurationException">No handler can run the archive; the message says in one line what was found
    /// and what to do.</exception>
    public static HandlerChoice Make(ArchiveManifest manifest, string folder, Func<string, string?> find, string? asked = null, string? fallback = null)
    {
        (string? name, string says) = asked is not null ? (asked, "the registration asks for it")
            : manifest.Handler is not null ? (manifest.Handler, "the manifest names it")
            : (fallback, "the manifest names none, and default_service_handler is it");
        SerializedFile? model = manifest.SerializedFile is { } file && find(file) is { } path ? SerializedFile.Look(path) : null;
        if (name is null)
            return model?.Kind == SerializedKind.TorchScript
                ? new HandlerChoice(BuiltInHandlers.Default, HandlerPlace.InProcess, $"nothing names a handler, and {Quoted(manifest.SerializedFile!)} is {model.Description}")
                : throw new HandlerConfigurationException($"the manifest names no handler, and {(model is null ? "no serializedFile" : $"{Quoted(manifest.SerializedFile!)} is {model.Description}")}: name a handler, or pack a TorchScript module, which handler '{BuiltInHandlers.Default}' runs");

        string code = name.Split(':', 2)[0];
        if (code.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            return Exists(code, find(code), says, new HandlerChoice(name, HandlerPlace.Assembly, $"{says}, a class in an assembly of the archive"));
        if (BuiltInHandlers.StandsInFor(name, folder))
            return new HandlerChoice(EisenServingMar.HandlerName, HandlerPlace.InProcess, $"it does what the archive's {Quoted(name)} does, whose transforms can be read without Python");
        if (code.EndsWith(".py", StringComparison.Ordinal))
            return Exists(code, find(code) ?? Installed(code, isTrusted: asked is null && manifest.Handler is null), says, new HandlerChoice(name, HandlerPlace.Python, $"{says}, a Python file"));
        if (BuiltInHandlers.Names.Contains(name))
            return BuiltIn(name, says, manifest, model);
        if (OfTorchServe.Contains(name))
            return new HandlerChoice(name, HandlerPlace.Python, $"{says}, and TorchServe's handler of that name is there in Python alone");
        // A manifest and the operator may mean a module that is installed; a registration chooses among what is in the archive.
        if ((asked is null && name.Contains(':', StringComparison.Ordinal)) || find($"{code.Replace('.', '/')}.py") is not null)
            return new HandlerChoice(name, HandlerPlace.Python, $"{says}, a Python module");
        throw NoSuchHandler(name);
    }

    private static HandlerChoice BuiltIn(string name, string says, ArchiveManifest manifest, SerializedFile? model)
    {
        bool isInPython = OfTorchServe.Contains(name);
        string? file = manifest.SerializedFile is { } given ? Quoted(given) : null;
        if (model?.Kind == SerializedKind.TorchScript)
            return new HandlerChoice(name, HandlerPlace.InProcess, $"{says}, it is built in, and {file} is {model.Description}");
        if (isInPython && manifest.ModelFile is not null)
            return new HandlerChoice(name, HandlerPlace.Python, $"{says}, and the model is an eager one, the class in {Quoted(manifest.ModelFile)}, which only Python runs");
        if (isInPython && model?.Kind is SerializedKind.Onnx or SerializedKind.Library)
            return new HandlerChoice(name, HandlerPlace.Python, $"{says}, and {file} is {model!.Description}, which TorchServe's handler runs in Python");

        string found = model is null
            ? $"the manifest names no serializedFile, the TorchScript module that handler '{name}' runs"
            : $"handler '{name}' runs TorchScript, and {file} is {model.Description}";
        string remedy = isInPython ? "pack what torch.jit.save writes, or the Python file with the model's class as modelFile beside its weights" : "pack what torch.jit.save writes";
        throw new HandlerConfigurationException($"{found}: {remedy}");
    }

    private static HandlerChoice Exists(string file, string? path, string says, HandlerChoice choice) => path is not null
        ? choice
        : throw new HandlerConfigurationException($"there is no file {Quoted(file)} in the archive, and {says}: pack it, or choose {BuiltInHandlers.Offer}");

    // The operator's own default may lie anywhere; what comes from outside may name files of its archive alone.
    private static string? Installed(string file, bool isTrusted) => isTrusted && Path.IsPathRooted(file) && File.Exists(file) ? file : null;

    private static HandlerConfigurationException NoSuchHandler(string name) =>
        new($"there is no handler {Quoted(name)}, built in or in the archive{(Nearest.DidYouMean(name, [.. BuiltInHandlers.Names, .. OfTorchServe]) is { Length: > 0 } guess ? guess : $"; there is {BuiltInHandlers.Offer}")}");

    private static string Quoted(string text) => PrintableText.Quoted(text);
}
