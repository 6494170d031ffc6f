using System.IO.Compression;
using System.Text;
using Eisen.Serve.Torch;

namespace Eisen.Serve.TorchSharp.Scripts;

/// <summary>
/// What a TorchScript file says of its module. TorchSharp tells little of a loaded one, and some of what is wrong with a file must be
/// known before libtorch reads it: it would end the process. So it asks for the number of inputs of a module without forward.
/// </summary>
internal sealed class ScriptArchive
{
    private const long MostCodeBytes = 64 << 20;
    private const int MostNameBytes = 4096;

    private ScriptArchive(ZipArchive zip)
    {
        string root = zip.Entries.FirstOrDefault(entry => entry.Name == "data.pkl" && entry.FullName.Count(each => each == '/') == 1)?.FullName[..^"data.pkl".Length]
            ?? throw new TorchException("it has no data.pkl, which a file that torch.jit.save wrote has");
        FormatVersion = zip.GetEntry(root + "version") is { } version ? Encoding.UTF8.GetString(Read(version, 32)).Trim() : "unknown";
        ScriptCode code = new(ReadCode(zip, root + "code/"));
        Operators = [.. code.Operators];
        string name = RootName(Read(zip.GetEntry(root + "data.pkl")!, MostNameBytes));
        string text = code.ClassText(name) ?? throw new TorchException($"it has no code for its module, {name}");
        (string[] arguments, string returns) = ScriptCode.Forward(text) ?? throw new TorchException("The module has no forward method.");
        // The first argument is the module itself.
        (ModuleParameter Parameter, ScriptType Type)[] parameters = [.. arguments.Skip(1).Select(argument => Parameter(argument, code))];
        ArgumentTypes = [.. parameters.Select(parameter => parameter.Type)];
        ReturnType = code.TypeOf(returns);
        long weights = zip.Entries.Where(entry => entry.FullName.StartsWith(root + "data/", StringComparison.Ordinal)).Sum(entry => entry.Length);
        Description = new ModuleDescription([.. parameters.Select(parameter => parameter.Parameter)], returns, Shortened(text), weights);
    }

    /// <summary>The version of the file's format; newer versions of torch write higher ones.</summary>
    public string FormatVersion { get; }

    /// <summary>The operators that its code calls.</summary>
    public IReadOnlyList<string> Operators { get; }

    /// <summary>The types of forward's arguments.</summary>
    public IReadOnlyList<ScriptType> ArgumentTypes { get; }

    /// <summary>The type of what forward returns.</summary>
    public ScriptType ReturnType { get; }

    /// <summary>What is told of the module.</summary>
    public ModuleDescription Description { get; }

    /// <summary>Reads a file's code; its weights stay where they are.</summary>
    /// <exception cref="TorchException">It is no TorchScript file, or its module has no forward.</exception>
    public static ScriptArchive Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using ZipArchive zip = new(file, ZipArchiveMode.Read);
            return new ScriptArchive(zip);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
        {
            throw new TorchException($"'{path}' cannot be read as a TorchScript module: {failure.Message}");
        }
    }

    private static Dictionary<string, string> ReadCode(ZipArchive zip, string folder)
    {
        Dictionary<string, string> code = new(StringComparer.Ordinal);
        long left = MostCodeBytes;
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => entry.FullName.StartsWith(folder, StringComparison.Ordinal) && entry.FullName.EndsWith(".py", StringComparison.Ordinal)))
        {
            if (entry.Length > left)
                throw new TorchException($"The module's code has more than {MostCodeBytes >> 20} MiB.");
            byte[] text = Read(entry, (int)entry.Length);
            left -= text.Length;
            code[entry.FullName[folder.Length..^".py".Length].Replace('/', '.')] = Encoding.UTF8.GetString(text);
        }

        return code;
    }

    private static byte[] Read(ZipArchiveEntry entry, int most)
    {
        using Stream stream = entry.Open();
        byte[] bytes = new byte[Math.Min(most, entry.Length)];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    // The pickle begins with its protocol and the class of the outermost object: 'c', the module's line, the class' line.
    private static string RootName(ReadOnlySpan<byte> pickle)
    {
        if (pickle is [0x80, _, (byte)'c', .. ReadOnlySpan<byte> rest] && rest.IndexOf((byte)'\n') is var first and > 0
            && rest[(first + 1)..].IndexOf((byte)'\n') is var second and > 0)
            return $"{Encoding.UTF8.GetString(rest[..first])}.{Encoding.UTF8.GetString(rest.Slice(first + 1, second))}";
        throw new TorchException("its data.pkl does not begin with a module");
    }

    private static (ModuleParameter Parameter, ScriptType Type) Parameter(string text, ScriptCode code)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw new TorchException("The module's forward has an argument without a type.");
        int equals = ScriptText.Find(text, colon, '=');
        string type = (equals < 0 ? text[(colon + 1)..] : text[(colon + 1)..equals]).Trim();
        return (new ModuleParameter(text[..colon].Trim(), type, equals >= 0), code.TypeOf(type));
    }

    // Cut where no character of UTF-8 is torn.
    private static string Shortened(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int end = Math.Min(bytes.Length, ModuleDescription.MostCodeBytes);
        while (end < bytes.Length && end > 0 && (bytes[end] & 0xC0) == 0x80)
            end--;
        return Encoding.UTF8.GetString(bytes, 0, end);
    }
}
