using System.Text;
using System.Text.RegularExpressions;

namespace Eisen.Serve.Archive;

/// <summary>Tells what <c>torch.save</c> wrote into a file that is no TorchScript module. The pickle is looked at, not run.</summary>
internal static partial class SavedObject
{
    private const int HeadBytes = 64 << 10;

    // Protocol 2, which all of torch's pickles have.
    private const string PickleStart = "\u0080\u0002";

    // Before torch 1.6 a file was four pickles in a row: a number, the format, sizes, and then the object.
    private const string OldFile = PickleStart + "\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.";

    /// <summary>What is in a file, for a sentence that begins with its name and "is"; null when it is not known.</summary>
    public static string? Describe(string path)
    {
        // One character a byte.
        string head = Encoding.Latin1.GetString(Head(path));
        bool isZip = head.StartsWith("PK\u0003\u0004", StringComparison.Ordinal) && head.Contains("/data.pkl", StringComparison.Ordinal);
        int before = isZip ? 1 : head.StartsWith(OldFile, StringComparison.Ordinal) ? 4 : 0;
        if (before == 0 || head.Split(PickleStart, before + 2) is not { } pickles || pickles.Length <= before)
            return null;
        if (pickles[before].StartsWith('}'))
            return "a dict that torch.save wrote, such as a checkpoint";
        Match made = PickledClass().Match(pickles[before]);
        return (made.Groups["module"].Value, made.Groups["name"].Value) switch
        {
            ("", _) => null,
            ("collections", "OrderedDict") => "a state_dict, a model's weights without its code",
            ("torch._utils", _) => "a tensor that torch.save wrote",
            var (module, _) when module.StartsWith("__torch__", StringComparison.Ordinal) => null,
            var (module, name) => $"a pickled {module}.{name}, which only Python can load",
        };
    }

    private static byte[] Head(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] head = new byte[Math.Min(HeadBytes, file.Length)];
        return head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
    }

    // The opcode GLOBAL: the class of what the pickle makes.
    [GeneratedRegex(@"^c(?<module>[A-Za-z_][\w.]{0,99})\n(?<name>[A-Za-z_][\w.]{0,99})\n", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex PickledClass();
}
