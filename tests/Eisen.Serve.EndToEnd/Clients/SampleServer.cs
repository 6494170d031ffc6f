using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>A server with the model that the samples ask.</summary>
public sealed class SampleServer : IDisposable
{
    public SampleServer()
    {
        Place.AddToStore(Path.Combine(Fixtures.RepositoryRoot, "model_zoo", "tabular-risk.mar"));
        Place.StartWith("tabular-risk.mar");
    }

    public Workplace Place { get; } = new();

    public string Address => $"http://127.0.0.1:{Place.InferencePort}/predictions/tabular-risk";

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }
}
