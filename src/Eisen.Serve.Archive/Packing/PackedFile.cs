namespace Eisen.Serve.Archive;

/// <summary>A file that goes into an archive.</summary>
/// <param name="Path">Where it lies now.</param>
/// <param name="Name">Its path below the archive's root, with <c>/</c> between components.</param>
public sealed record PackedFile(string Path, string Name)
{
    /// <summary>A file that keeps its name and goes to the archive's root, as torch-model-archiver has it.</summary>
    public static PackedFile AtRoot(string path) =>
        new(path, System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(path)));
}
