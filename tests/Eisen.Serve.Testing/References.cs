namespace Eisen.Serve.Testing;

/// <summary>What was recorded of the originals. It lies beside the repository, in <c>shared</c>.</summary>
public static class References
{
    /// <summary>The path of a file or folder below <c>eisen-reference</c>.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string Eisen(string name) => PathOf("eisen-reference", name);

    /// <summary>The path of a file or folder below <c>torchserve-reference</c>.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static string TorchServe(string name) => PathOf("torchserve-reference", name);

    private static string PathOf(string set, string name)
    {
        string path = Path.GetFullPath(Path.Combine(Fixtures.RepositoryRoot, "..", "shared", set, name));
        return Path.Exists(path) ? path : throw new FileNotFoundException("The recorded references must lie in 'shared', beside the repository.", path);
    }
}
