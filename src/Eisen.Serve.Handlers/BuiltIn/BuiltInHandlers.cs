using Eisen.Serve.Handlers.Envelopes;

namespace Eisen.Serve.Handlers;

/// <summary>The handlers that an archive gets by naming one in its manifest, as with TorchServe.</summary>
public static class BuiltInHandlers
{
    /// <summary>What an archive gets that names none.</summary>
    public const string Default = "tensor";

    // It has forms of its own for requests.
    private const string Unwrapped = "eisen";

    private static readonly Dictionary<string, Func<HandlerContext, IModelHandler>> ByName = new(StringComparer.Ordinal)
    {
        ["base_handler"] = context => new BaseHandler(context),
        [Unwrapped] = context => new EisenHandler(context),
        ["image_classifier"] = context => new ImageClassifierHandler(context),
        ["image_segmenter"] = context => new ImageSegmenterHandler(context),
        ["object_detector"] = context => new ObjectDetectorHandler(context),
        [Default] = context => new TensorHandler(context),
        ["text_classifier"] = context => new TextClassifierHandler(context),
    };

    /// <summary>The names, in alphabetical order.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>The names for a sentence: <c>a, b or c</c>.</summary>
    public static string Offer => $"{string.Join(", ", Names.SkipLast(1))} or {Names.Last()}";

    /// <summary>Whether an archive's own Python handler need not be run, as a handler here does what it would do: an Eisen
    /// model whose transforms are not pickled Python objects.</summary>
    /// <param name="name">The handler that the manifest names, or null when it names none.</param>
    /// <param name="folder">The folder with the archive's files.</param>
    public static bool StandsInFor(string? name, string folder) => name is not null && EisenArchive.Replaces(name, folder);

    /// <summary>Makes the handler for an archive.</summary>
    /// <param name="name">The handler that the manifest names, or null when it names none, which stands for <c>tensor</c>.</param>
    /// <param name="context">The archive.</param>
    /// <param name="envelope">What requests and answers are wrapped in; Eisen's handler does not use it.</param>
    /// <exception cref="HandlerConfigurationException">There is no such handler, or its parameters are wrong.</exception>
    public static IModelHandler Create(string? name, HandlerContext context, EnvelopeKind envelope = EnvelopeKind.None)
    {
        name = string.IsNullOrEmpty(name) ? Default : name;
        if (ByName.TryGetValue(name, out Func<HandlerContext, IModelHandler>? make))
            return name == Unwrapped || envelope is EnvelopeKind.None or EnvelopeKind.Body ? make(context) : new EnvelopedHandler(make(context), envelope, context);
        if (StandsInFor(name, context.Folder))
            return new EisenHandler(context);

        throw new HandlerConfigurationException(name.Contains(".py", StringComparison.Ordinal)
            ? $"its handler '{name}' is Python, which is not run here; TorchScript archives with the handler {Offer} are"
            : $"there is no handler '{name}'; there is {Offer}");
    }
}
