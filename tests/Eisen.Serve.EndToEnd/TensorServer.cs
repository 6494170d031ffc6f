namespace Eisen.Serve.EndToEnd;

/// <summary>One server with models that take raw tensors, for tests that only ask it.</summary>
public sealed class TensorServer : IDisposable
{
    public TensorServer() => Place.StartWith(
        Place.Pack("identity", "tensor"), Place.Pack("double", "tensor", "handler:\n  input_shape: [1, 4]\n"), Place.Pack("strided", "tensor"));

    public Workplace Place { get; } = new();

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }
}
