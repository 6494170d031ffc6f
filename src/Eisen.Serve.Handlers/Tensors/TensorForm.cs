namespace Eisen.Serve.Handlers;

/// <summary>The forms of tensors in requests and answers.</summary>
internal enum TensorForm
{
    /// <summary>A tensor's bytes; dtype and shape stand in header fields.</summary>
    Raw,

    /// <summary>numpy's file of one array.</summary>
    Npy,

    /// <summary>A file of any number of named tensors.</summary>
    Safetensors,

    /// <summary>Nested lists of numbers.</summary>
    Json,
}
