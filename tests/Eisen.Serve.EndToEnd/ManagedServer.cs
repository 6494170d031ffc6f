namespace Eisen.Serve.EndToEnd;

/// <summary>One server without models, and a store to register them from.</summary>
public sealed class ManagedServer : IDisposable
{
    public ManagedServer()
    {
        Place.Pack("double");
        Place.Pack("sleeps");
        Archives.Pack(Path.Combine(Place.ModelStore, "double2.mar"), "double", "modules/identity.pt", version: "2.0");
        File.WriteAllText(Path.Combine(Place.ModelStore, "bad.mar"), "not an archive");
        File.WriteAllText(Path.Combine(Place.Folder, "outside.mar"), "not in the store");
        Place.Configure("intra_op_threads=1", "default_workers_per_model=1");
        Place.Start().ExitCode.ShouldBe(0);
    }

    public Workplace Place { get; } = new();

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }
}
