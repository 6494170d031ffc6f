using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Eisen.Serve.Access;

/// <summary>The file with the generated tokens, in TorchServe's form. Only its owner may read it.</summary>
internal sealed class TokenKeyFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Its full path.</summary>
    public string Path => path;

    /// <summary>Writes it, so that a reader finds the old one or the new one, and nobody else ever either.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(GeneratedKeys keys)
    {
        string unfinished = $"{path}.{Environment.ProcessId}.new";
        // What lies there already may have another mode, or be a link: a new file has neither.
        File.Delete(unfinished);
        using (FileStream stream = new(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            stream.Write(Serialize(keys));
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Deletes it, unless another server has written its own there.</summary>
    public void Delete(GeneratedKeys keys)
    {
        try
        {
            if (File.ReadAllBytes(path).AsSpan().SequenceEqual(Serialize(keys)))
                File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Somebody has taken it away; its tokens are good for nothing any more.
        }
    }

    private static ReadOnlySpan<byte> Serialize(GeneratedKeys keys)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            Write(json, "management", keys.Management);
            Write(json, "inference", keys.Inference);
            Write(json, "API", keys.Api);
            json.WriteEndObject();
        }

        return text.WrittenSpan;
    }

    private static void Write(Utf8JsonWriter json, string name, GeneratedKey key)
    {
        json.WriteStartObject(name);
        json.WriteString("key", key.Text);
        if (key.Expires is { } expires)
            json.WriteString("expiration time", expires.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
