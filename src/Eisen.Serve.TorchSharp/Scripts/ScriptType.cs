using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.TorchSharp.Scripts;

/// <summary>A type as TorchScript writes it: <c>Tuple[Tensor, List[int]]</c>.</summary>
/// <param name="Name">Its name, without its arguments.</param>
/// <param name="Arguments">What stands in the brackets.</param>
internal sealed record ScriptType(string Name, IReadOnlyList<ScriptType> Arguments)
{
    /// <summary>The type that says nothing.</summary>
    public static ScriptType Any { get; } = new("Any", []);

    /// <summary>The type of a value that is there.</summary>
    public ScriptType WithoutOptional => this is { Name: "Optional", Arguments: [ScriptType inner] } ? inner : this;

    public override string ToString() => Arguments.Count == 0 ? Name : $"{Name}[{string.Join(", ", Arguments)}]";

    /// <summary>Reads a type.</summary>
    /// <param name="text">The text.</param>
    /// <param name="resolve">What a class' name stands for, or null when that is not known.</param>
    /// <param name="depth">In how many other types it stands.</param>
    /// <exception cref="TorchException">It is none, or nested too deep.</exception>
    public static ScriptType Parse(string text, Func<string, int, ScriptType?> resolve, int depth = 0)
    {
        if (depth > TorchValue.MaxDepth)
            throw new TorchException($"The module's types are nested deeper than {TorchValue.MaxDepth} levels.");
        text = text.Trim();
        int bracket = text.IndexOf('[', StringComparison.Ordinal);
        if (bracket < 0)
            return resolve(text, depth + 1) ?? new ScriptType(text, []);
        string name = text[..bracket].Trim();
        ScriptType[] arguments = text.EndsWith(']') ? [.. ScriptText.Parts(text[(bracket + 1)..^1]).Select(part => Parse(part, resolve, depth + 1))] : [];
        // An empty tuple is written with empty parentheses.
        if (name == "Tuple" && arguments is [{ Name: "()" }])
            arguments = [];
        if (name is "Optional" or "List" && arguments.Length != 1)
            throw new TorchException($"The module's code has a type that cannot be read: {text[..Math.Min(text.Length, 100)]}");
        return new ScriptType(name, arguments);
    }
}
