namespace Eisen.Serve.Engines;

/// <summary>Which engine runs modules: <c>torch_engine</c>.</summary>
internal enum TorchEngineChoice
{
    /// <summary>libtorch where it loads, else TorchSharp.</summary>
    Auto,

    /// <summary>The project's own binding to libtorch.</summary>
    LibTorch,

    /// <summary>The TorchSharp package.</summary>
    TorchSharp,
}
