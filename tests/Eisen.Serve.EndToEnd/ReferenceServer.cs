using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd;

/// <summary>A server with archives as a real TorchServe served them, unchanged.</summary>
public sealed class ReferenceServer : IDisposable
{
    public ReferenceServer()
    {
        foreach (string model in Models)
            Place.AddToStore(PathOf(model));
        Place.AddToStore(PathOf("badinit"));
        Place.Configure("python=/usr/bin/python3", "default_workers_per_model=1", "default_response_timeout=30", "max_request_size=200000000", "max_response_size=200000000");
        CommandResult result = Place.Start(["--models", .. Models.Append("badinit").Select(model => $"{model}.mar")]);
        result.ExitCode.ShouldBe(0, result.ToString());
    }

    public static string[] Models { get; } = ["echo", "ctx", "boom", "digits", "eager", "func", "stream", "batchecho", "slow"];

    public Workplace Place { get; } = new();

    /// <summary>An archive of the recorded store.</summary>
    /// <exception cref="FileNotFoundException">The recorded answers are not beside the checkout.</exception>
    public static string PathOf(string model)
    {
        string path = Path.GetFullPath(Path.Combine(Fixtures.RepositoryRoot, "..", "shared", "torchserve-reference", "model_store", $"{model}.mar"));
        return File.Exists(path) ? path : throw new FileNotFoundException("The archives of the recorded TorchServe lie in ../shared/torchserve-reference, seen from the checkout.", path);
    }

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }
}
