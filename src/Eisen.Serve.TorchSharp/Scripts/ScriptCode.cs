using System.Text.RegularExpressions;
using Eisen.Serve.Torch;

namespace Eisen.Serve.TorchSharp.Scripts;

/// <summary>The code in a TorchScript file: classes by their qualified names, as libtorch wrote it.</summary>
/// <param name="modules">The text of each source file by its qualified name: <c>__torch__.torch.nn.modules.linear</c>.</param>
internal sealed partial class ScriptCode(IReadOnlyDictionary<string, string> modules)
{
    /// <summary>The operators that the code calls, as libtorch names them: <c>aten::add</c>.</summary>
    public IEnumerable<string> Operators => modules.Values
        .SelectMany(text => CallForm().Matches(text))
        // The other alternative is a string, in which nothing is called. What libtorch's own prim has are forms of the language.
        .Where(match => match.Groups["name"].Success && match.Groups["space"].Value != "prim")
        .Select(match => $"{(match.Groups["space"].Success ? match.Groups["space"].Value : "aten")}::{match.Groups["name"].Value}")
        .Distinct();

    /// <summary>The text of a class; null when there is none of the name.</summary>
    public string? ClassText(string qualifiedName)
    {
        int dot = qualifiedName.LastIndexOf('.');
        if (dot < 0 || !modules.TryGetValue(qualifiedName[..dot], out string? text))
            return null;
        Match head = Regex.Match(text, $@"^class {Regex.Escape(qualifiedName[(dot + 1)..])}\(", RegexOptions.Multiline);
        if (!head.Success)
            return null;
        Match next = OuterLine().Match(text, text.IndexOf('\n', head.Index) is var end and >= 0 ? end + 1 : text.Length);
        return next.Success ? text[head.Index..next.Index] : text[head.Index..];
    }

    /// <summary>The arguments of a class' <c>forward</c> and the text of what it returns; null when it has none.</summary>
    /// <exception cref="TorchException">It cannot be read.</exception>
    public static (string[] Arguments, string Returns)? Forward(string classText)
    {
        Match head = ForwardHead().Match(classText);
        if (!head.Success)
            return null;
        int start = head.Index + head.Length;
        int end = ScriptText.Find(classText, start, ')');
        int colon = end < 0 ? -1 : ScriptText.Find(classText, end + 1, ':');
        if (colon < 0)
            throw new TorchException("The module's forward cannot be read.");
        string returns = classText[(end + 1)..colon].Trim();
        return ([.. ScriptText.Parts(classText[start..end])], returns.StartsWith("->", StringComparison.Ordinal) ? returns[2..].Trim() : "None");
    }

    /// <summary>What a type's text says. A named tuple is the tuple of its fields, which are in its class.</summary>
    /// <exception cref="TorchException">It cannot be read.</exception>
    public ScriptType TypeOf(string text) => ScriptType.Parse(text, Resolve);

    private ScriptType? Resolve(string name, int depth)
    {
        if (ClassText(name) is not { } text || !NamedTupleHead().IsMatch(text))
            return null;
        return new ScriptType("Tuple", [.. FieldForm().Matches(text).Select(field => ScriptType.Parse(field.Groups[1].Value, Resolve, depth + 1))]);
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|(?<![\w.])(?:torch|ops\.(?<space>\w+))\.(?<name>\w+)\(
        """)]
    private static partial Regex CallForm();

    [GeneratedRegex(@"^\S", RegexOptions.Multiline)]
    private static partial Regex OuterLine();

    [GeneratedRegex(@"^  def forward\(", RegexOptions.Multiline)]
    private static partial Regex ForwardHead();

    [GeneratedRegex(@"^class \w+\(NamedTuple\):")]
    private static partial Regex NamedTupleHead();

    [GeneratedRegex(@"^  \w+ : (.+)$", RegexOptions.Multiline)]
    private static partial Regex FieldForm();
}
