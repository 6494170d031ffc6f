using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Looks at an assembly with a handler without loading it: none of its code runs.</summary>
public sealed class AssemblyInspection
{
    private static readonly AssemblyName Contract = typeof(ModelHandler).Assembly.GetName();

    private static readonly string Kinds = $"{nameof(ArrayHandler)}, {nameof(StreamHandler)} or {nameof(BatchHandler)}";

    private readonly string folder;
    private readonly HandlerClass handler;
    private readonly List<string> problems = [];

    private AssemblyInspection(string folder, HandlerClass handler)
    {
        this.folder = folder;
        this.handler = handler;
    }

    /// <summary>The class with its namespace; null when none was found.</summary>
    public string? ClassName { get; private set; }

    /// <summary>What is wrong, each in one line.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Looks at a handler's assembly and at what it refers to.</summary>
    /// <param name="folder">The archive's folder.</param>
    /// <param name="handler">The handler.</param>
    public static AssemblyInspection Of(string folder, HandlerClass handler)
    {
        AssemblyInspection inspection = new(folder, handler);
        inspection.Look();
        return inspection;
    }

    private void Look()
    {
        string path = Path.Combine(folder, handler.File);
        if (!File.Exists(path))
        {
            problems.Add($"its handler's assembly {PrintableText.Quoted(handler.File)} is not in the archive; pack it with --handler PATH/{Path.GetFileName(handler.File)}:CLASS");
            return;
        }

        if (!Read(path, LookAtHandler))
            problems.Add($"{PrintableText.Quoted(handler.File)} is not a .NET assembly");
        else if (problems.Count == 0)
            FindMissing(path);
    }

    private void LookAtHandler(MetadataReader reader)
    {
        AssemblyReference[] contract = [.. reader.AssemblyReferences.Select(reader.GetAssemblyReference).Where(reference => reader.StringComparer.Equals(reference.Name, Contract.Name!))];
        if (contract is [])
            problems.Add($"{PrintableText.Quoted(handler.File)} has no handler: it does not refer to {Contract.Name}, of the package Eisen.Serve.Handlers");
        else if (contract[0].Version > Contract.Version)
            problems.Add($"{PrintableText.Quoted(handler.File)} was built with Eisen.Serve.Handlers {contract[0].Version.ToString(3)}, and this server has {Contract.Version!.ToString(3)}: build it with that");
        else
            FindClass(reader);
    }

    private void FindClass(MetadataReader reader)
    {
        TypeDefinition[] types = [.. reader.TypeDefinitions.Select(reader.GetTypeDefinition)];
        string[] handlers = [.. types.Where(type => IsUsable(type) && MayBeHandler(reader, type)).Select(type => NameOf(reader, type))];
        if (handler.Name is null)
        {
            if (handlers is [string only])
                ClassName = only;
            else
                problems.Add($"{PrintableText.Quoted(handler.File)} has {(handlers.Length == 0 ? "no" : "several")} handlers: name the class, {handler.File}:NAMESPACE.CLASS{Offer(handlers)}");
            return;
        }

        TypeDefinition[] named = [.. types.Where(type => NameOf(reader, type) == handler.Name)];
        if (named is [])
            problems.Add($"{PrintableText.Quoted(handler.File)} has no class {PrintableText.Quoted(handler.Name)}{Offer(handlers)}");
        else if (!IsUsable(named[0]))
            problems.Add($"the class {PrintableText.Quoted(handler.Name)} must be public, and neither abstract nor generic");
        else if (!MayBeHandler(reader, named[0]))
            problems.Add($"the class {PrintableText.Quoted(handler.Name)} is no handler: it must derive from {Kinds}");
        else
            ClassName = handler.Name;
    }

    private static string Offer(string[] handlers) =>
        handlers.Length == 0 ? $"; a handler derives from {Kinds}" : $"; it has {string.Join(", ", handlers.Take(10).Select(name => PrintableText.Shortened(name, 200)))}";

    private static bool IsUsable(TypeDefinition type) =>
        (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public && (type.Attributes & (TypeAttributes.Abstract | TypeAttributes.Interface)) == 0
        && type.GetGenericParameters().Count == 0;

    // A base class in another assembly of the archive is not looked at: loading tells.
    private static bool MayBeHandler(MetadataReader reader, TypeDefinition type)
    {
        // As many steps as there are types: whoever made the file may have gone in a circle.
        for (int i = 0; i <= reader.TypeDefinitions.Count; i++)
        {
            switch (type.BaseType.Kind)
            {
                case HandleKind.TypeDefinition when !type.BaseType.IsNil:
                    type = reader.GetTypeDefinition((TypeDefinitionHandle)type.BaseType);
                    break;
                case HandleKind.TypeReference when !type.BaseType.IsNil:
                    TypeReference reference = reader.GetTypeReference((TypeReferenceHandle)type.BaseType);
                    if (reference.ResolutionScope.Kind != HandleKind.AssemblyReference)
                        return false;
                    string assembly = reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name);
                    return assembly == Contract.Name
                        ? reader.GetString(reference.Name) is nameof(ArrayHandler) or nameof(StreamHandler) or nameof(BatchHandler)
                        : !HandlerLoadContext.IsShared(assembly);
                default:
                    return type.BaseType.Kind == HandleKind.TypeSpecification;
            }
        }

        return false;
    }

    private static string NameOf(MetadataReader reader, TypeDefinition type) =>
        reader.GetString(type.Namespace) is { Length: > 0 } space ? $"{space}.{reader.GetString(type.Name)}" : reader.GetString(type.Name);

    // All that the handler's assembly refers to, and what that refers to.
    private void FindMissing(string path)
    {
        string besideHandler = Path.GetDirectoryName(path)!;
        HashSet<string> seen = new(StringComparer.Ordinal);
        Queue<string> toRead = new([path]);
        while (toRead.TryDequeue(out string? file))
        {
            Read(file, reader =>
            {
                foreach (AssemblyReference reference in reader.AssemblyReferences.Select(reader.GetAssemblyReference))
                {
                    string name = reader.GetString(reference.Name);
                    if (!seen.Add(name) || HandlerLoadContext.IsShared(name) || name.AsSpan().ContainsAny("/\\"))
                        continue;
                    string found = Path.Combine(besideHandler, $"{name}.dll");
                    if (File.Exists(found))
                        toRead.Enqueue(found);
                    else if (!HandlerLoadContext.IsInHost(name))
                        problems.Add($"{PrintableText.Quoted(Path.GetFileName(file))} needs {PrintableText.Shortened(name, 200)}.dll, which is not in the archive: add it with --extra-files");
                }
            });
        }
    }

    private static bool Read(string path, Action<MetadataReader> look)
    {
        try
        {
            using PEReader file = new(File.OpenRead(path));
            if (!file.HasMetadata)
                return false;
            MetadataReader reader = file.GetMetadataReader();
            if (!reader.IsAssembly)
                return false;
            look(reader);
            return true;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
