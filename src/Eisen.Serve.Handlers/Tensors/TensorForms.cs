using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>The media types of tensors' forms.</summary>
internal static class TensorForms
{
    public const string Json = "application/json";
    public const string Raw = "application/octet-stream";

    /// <summary>The form that a media type names, with or without parameters; null when it names none.</summary>
    public static TensorForm? OfMediaType(string? type)
    {
        ReadOnlySpan<char> name = type;
        int end = name.IndexOf(';');
        name = (end < 0 ? name : name[..end]).Trim();
        return Names(name, Json) ? TensorForm.Json
            : Names(name, NpyFile.MediaType) || Names(name, "application/npy") ? TensorForm.Npy
            : Names(name, SafetensorsFile.MediaType) || Names(name, "application/vnd.safetensors") || Names(name, "application/safetensors") ? TensorForm.Safetensors
            : null;
    }

    /// <summary>The form that a client likes best among those that it accepts; null when it takes any, or none that there
    /// is.</summary>
    public static TensorForm? Accepted(string? accept) => accept == "*/*" ? null : AcceptedTypes.Best<TensorForm?>(accept, static type =>
    {
        TensorForm? form = Names(type, Raw) ? TensorForm.Raw : OfMediaType(type);
        return (form is not null || type == "*/*", form);
    });

    private static bool Names(ReadOnlySpan<char> given, string type) => given.Equals(type, StringComparison.OrdinalIgnoreCase);
}
