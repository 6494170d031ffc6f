namespace Eisen.Serve.Archive;

/// <summary>The handler of an archive that is being made.</summary>
/// <param name="Name">As the manifest names it: a built-in one, a Python file of the archive (<c>handler.py</c>,
/// <c>handler.py:function</c>), or a class in an assembly of the archive (<c>Acme.dll:Acme.BrainHandler</c>).</param>
/// <param name="File">Its Python file or assembly; null for a built-in handler.</param>
public sealed record PackedHandler(string Name, PackedFile? File = null)
{
    /// <summary>Tells a Python file from a built-in handler the way torch-model-archiver does, and an assembly by its <c>.dll</c>.</summary>
    /// <param name="given">A built-in handler's name; a Python file with or without its <c>.py</c>, and perhaps
    /// <c>:function</c> behind it; or an assembly, and perhaps <c>:class</c> behind it.</param>
    /// <param name="builtIn">The names that are never looked for as files.</param>
    public static PackedHandler Find(string given, IEnumerable<string> builtIn)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (builtIn.Contains(given))
            return new PackedHandler(given);

        // Paths may have colons, too: the last one is the function's.
        int colon = given.LastIndexOf(':');
        bool hasFunction = colon > given.LastIndexOf('/');
        string path = hasFunction ? given[..colon] : given;
        string function = hasFunction ? given[colon..] : "";
        bool isAssembly = path.EndsWith(".dll", StringComparison.Ordinal);
        if (!isAssembly && !path.EndsWith(".py", StringComparison.Ordinal))
        {
            path += ".py";
            if (!System.IO.File.Exists(path))
                return new PackedHandler(given);
        }

        PackedFile file = PackedFile.AtRoot(path);
        return new PackedHandler(file.Name + function, file);
    }
}
