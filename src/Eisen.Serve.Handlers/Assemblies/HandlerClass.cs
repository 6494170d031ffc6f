namespace Eisen.Serve.Handlers;

/// <summary>A handler that is a class in an assembly of the archive, as the manifest names it: <c>Acme.Handlers.dll:Acme.Handlers.BrainHandler</c>.</summary>
/// <param name="File">The assembly's file, as a path below the archive's folder.</param>
/// <param name="Name">The class with its namespace; null where the assembly has only one handler, and none is named.</param>
public sealed record HandlerClass(string File, string? Name)
{
    private const string Ending = ".dll";

    /// <summary>Reads a handler's name.</summary>
    /// <returns>Null when it is not of this form.</returns>
    public static HandlerClass? Parse(string? handler)
    {
        if (handler is null)
            return null;
        if (handler.EndsWith(Ending, StringComparison.Ordinal))
            return new HandlerClass(handler, null);
        int colon = handler.IndexOf(Ending + ":", StringComparison.Ordinal) + Ending.Length;
        return colon < Ending.Length ? null : new HandlerClass(handler[..colon], handler[(colon + 1)..] is { Length: > 0 } name ? name : null);
    }
}
