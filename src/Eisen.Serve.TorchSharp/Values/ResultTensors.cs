using TorchSharp;

namespace Eisen.Serve.TorchSharp.Values;

/// <summary>The tensors that a forward returned, whose memory its arrays read; freed when the result is disposed and no array is
/// pinned any more.</summary>
internal sealed class ResultTensors : IDisposable
{
    private readonly List<torch.Tensor> tensors = [];

    public ResultTensors() => Use = new UseCount(Free);

    /// <summary>Who reads them.</summary>
    public UseCount Use { get; }

    /// <summary>Takes over a tensor.</summary>
    public torch.Tensor Keep(torch.Tensor tensor)
    {
        tensors.Add(tensor);
        return tensor;
    }

    public void Dispose() => Use.Dispose();

    private void Free() => tensors.ForEach(tensor => tensor.Dispose());
}
