namespace Eisen.Serve.Archive;

/// <summary>What the file is that an archive has its model in.</summary>
public enum SerializedKind
{
    /// <summary>What torch.jit.save writes: code and weights.</summary>
    TorchScript,

    /// <summary>What torch.save writes: weights, or a pickled model, whose code is elsewhere.</summary>
    TorchSave,

    /// <summary>An ONNX model, by its name.</summary>
    Onnx,

    /// <summary>A compiled library, by its name.</summary>
    Library,

    /// <summary>Nothing of these.</summary>
    Other,
}
