using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Eisen.Serve.Archive;

/// <summary>Writes <c>MAR-INF/MANIFEST.json</c> with the keys that torch-model-archiver gives it, in its order.</summary>
internal static class ManifestWriter
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Tells our archives from torch-model-archiver's.</summary>
    private static readonly string Version =
        $"eisen-serve {typeof(ManifestWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion}";

    public static void Write(Stream stream, ArchiveParts parts, DateTimeOffset createdOn)
    {
        using Utf8JsonWriter json = new(stream, Options);
        json.WriteStartObject();
        json.WriteString("createdOn", createdOn.ToString("dd/MM/yyyy HH:mm:ss", CultureInfo.InvariantCulture));
        json.WriteString("runtime", parts.Runtime);
        json.WriteStartObject("model");
        json.WriteString("modelName", parts.ModelName);
        WriteFile(json, "serializedFile", parts.SerializedFile);
        json.WriteString("handler", parts.Handler.Name);
        WriteFile(json, "modelFile", parts.ModelFile);
        json.WriteString("modelVersion", parts.ModelVersion);
        WriteFile(json, "requirementsFile", parts.RequirementsFile);
        WriteFile(json, "configFile", parts.ConfigFile);
        json.WriteEndObject();
        json.WriteString("archiverVersion", Version);
        json.WriteEndObject();
    }

    private static void WriteFile(Utf8JsonWriter json, string key, PackedFile? file)
    {
        if (file is not null)
            json.WriteString(key, file.Name);
    }
}
