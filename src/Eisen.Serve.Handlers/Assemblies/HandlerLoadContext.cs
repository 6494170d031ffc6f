using System.Reflection;
using System.Runtime.Loader;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Where a handler's assemblies live: its own and those that its archive brings, apart from the server's and from other models', and
/// unloaded together. What the contract's types are made of is the server's, and so is .NET itself. Assemblies are read into
/// memory, so that no file is held open.
/// </summary>
internal sealed class HandlerLoadContext(string name, string folder) : AssemblyLoadContext(name, isCollectible: true)
{
    /// <summary>The assemblies whose types both sides know.</summary>
    private static readonly HashSet<string> Shared = new(StringComparer.Ordinal)
    {
        "Eisen.Serve.Handlers.Contract", "Eisen.Serve.Data", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions",
    };

    private static readonly string FrameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    private static readonly HashSet<string> Host = [.. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator).Select(path => Path.GetFileNameWithoutExtension(path))];

    /// <summary>Whether an assembly is the server's own also where an archive brings one of this name.</summary>
    public static bool IsShared(string name) => Shared.Contains(name) || File.Exists(Path.Combine(FrameworkFolder, $"{name}.dll"));

    /// <summary>Whether the server has an assembly, for archives that bring none of this name.</summary>
    public static bool IsInHost(string name) => Host.Contains(name);

    /// <summary>Loads an assembly of the archive.</summary>
    /// <exception cref="BadImageFormatException">The file is no assembly.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Assembly LoadFile(string path)
    {
        using FileStream assembly = File.OpenRead(path);
        // For line numbers in the stack traces of what it throws.
        string symbolsPath = Path.ChangeExtension(path, ".pdb");
        using FileStream? symbols = File.Exists(symbolsPath) ? File.OpenRead(symbolsPath) : null;
        return LoadFromStream(assembly, symbols);
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name is not { } simpleName || IsShared(simpleName))
            return null;
        string path = Path.Combine(folder, assemblyName.CultureName ?? "", $"{simpleName}.dll");
        return File.Exists(path) ? LoadFile(path) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        // Where builds put them: beside the assembly, or under the name of the platform.
        string[] names = [unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so"];
        string[] folders = [folder, Path.Combine(folder, "runtimes", System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier, "native")];
        return folders.SelectMany(each => names.Select(file => Path.Combine(each, file))).FirstOrDefault(File.Exists) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
    }
}
