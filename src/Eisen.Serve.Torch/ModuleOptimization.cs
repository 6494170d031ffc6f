namespace Eisen.Serve.Torch;

/// <summary>
/// What libtorch can do to a loaded module so that it runs faster. The numbers are part of the native binding's ABI.
/// There is no kind for channels-last weights: on the convolutional network that was measured,
/// <see cref="OptimizeForInference"/> was faster without them than anything was with them.
/// </summary>
public enum ModuleOptimization
{
    /// <summary>Weights become constants, and what depends on them alone is computed beforehand: batch normalisation,
    /// for example, goes into the convolution before it.</summary>
    Freeze = 0,

    /// <summary>Freezing, and then operators are joined and their weights laid out as the device's own kernels want them.
    /// That layout is a copy of the weights, which replaces them when the original module is disposed.</summary>
    OptimizeForInference = 1,
}
