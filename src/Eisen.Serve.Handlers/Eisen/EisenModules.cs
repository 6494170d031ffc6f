using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>The modules of an Eisen archive on the device of a worker.</summary>
internal sealed class EisenModules
{
    /// <param name="model">The model.</param>
    /// <param name="archive">The archive, which says what the others are.</param>
    /// <param name="further">The others: of pre-processing, then of post-processing, as far as there are any.</param>
    public EisenModules(IScriptModule model, EisenArchive archive, IReadOnlyList<IScriptModule> further)
    {
        Model = model;
        int next = 0;
        Before = archive.PreProcessing.ModuleFile is null ? null : further[next++];
        After = archive.PostProcessing.ModuleFile is null ? null : further[next];
    }

    public IScriptModule Model { get; }

    /// <summary>What runs before the model; null where transforms do, or nothing.</summary>
    public IScriptModule? Before { get; }

    /// <summary>What runs after the model; null where transforms do, or nothing.</summary>
    public IScriptModule? After { get; }
}
