using System.Text;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Packing;

/// <summary>A request that a model must answer before it is packed.</summary>
internal static class SampleRequest
{
    private const int MostCharacters = 400;

    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".json"] = "application/json",
        [".msgpack"] = "application/msgpack",
        [".npy"] = "application/x-npy",
        [".npz"] = "application/x-npz",
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
    };

    /// <summary>Asks the model, and writes what it answers.</summary>
    /// <exception cref="UserMistakeException">The sample cannot be read, or the model does not answer it.</exception>
    public static void Ask(PackedModel model, string path, TextWriter output, CancellationToken cancellationToken)
    {
        string name = PrintableText.Quoted(path);
        string? contentType = ContentTypes.GetValueOrDefault(Path.GetExtension(path));
        using HandlerRequest request = new([new RequestPart("body", contentType, Read(path, name))]);
        try
        {
            using HandlerAnswer answer = model.Ask(request, cancellationToken);
            if (answer.Error != PredictionError.None)
                throw new UserMistakeException($"the model does not answer the sample {name}: {OneLine(answer.Message)}");
            output.WriteLine();
            output.WriteLine($"Sample {name}");
            output.WriteLine($"  answered with {ArchiveReport.Size(answer.Content.Length)}{(answer.ContentType is { } type ? $" of {PrintableText.Shortened(type)}" : "")}");
            if (Text(answer.Content.Span) is { } text)
                output.WriteLine($"  {text}");
        }
        catch (Exception failed) when (failed is TorchException or InvalidOperationException)
        {
            throw new UserMistakeException($"the model does not answer the sample {name}: {OneLine(failed.Message)}");
        }
    }

    private static byte[] Read(string path, string name)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"the sample {name} cannot be read: {failed.Message}");
        }
    }

    private static string? Text(ReadOnlySpan<byte> content)
    {
        try
        {
            return OneLine(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string OneLine(string text) => PrintableText.Shortened(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), MostCharacters);
}
