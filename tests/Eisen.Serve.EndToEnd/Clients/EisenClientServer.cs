using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>A server with the model that the original Eisen packed and one that fails on negative numbers, for tests that
/// only ask it.</summary>
public sealed class EisenClientServer : IDisposable
{
    public const string Model = "eisen_seg";
    public const string Picky = "picky";
    private const int MaxRequestBytes = 4 << 20;

    public EisenClientServer()
    {
        Place.PackEisen(Model, References.Eisen("served/model.pt"), [.. new[] { "metadata.json", "pre_process.json", "post_process.json" }.Select(file => (file, File.ReadAllText(References.Eisen($"served/{file}"))))]);
        Place.PackEisen(Picky, Fixtures.PathOf("modules/picky.pt"), ("metadata.json", EisenArchives.OneToOne));
        Place.Configure($"max_request_size={MaxRequestBytes}", "intra_op_threads=1");
        Place.StartWith($"{Model}.mar", $"{Picky}.mar");
    }

    public Workplace Place { get; } = new();

    public Uri Endpoint => EndpointOf(Model);

    public Uri EndpointOf(string model) => new($"http://127.0.0.1:{Place.InferencePort}/predictions/{model}");

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }
}
