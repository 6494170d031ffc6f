using System.Globalization;
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

    // Eisen's own forms tell themselves by their first bytes.
    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".json"] = "application/json",
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
            using HandlerAnswer answer = model.Ask(request, cancellationToken)
                ?? throw new UserMistakeException("--sample asks a built-in handler, and this archive's is another");
            if (answer.Error != PredictionError.None)
                throw new UserMistakeException($"the model does not answer the sample {name}: {OneLine(answer.Message)}");
            output.WriteLine();
            output.WriteLine($"Sample {name}");
            output.WriteLine($"  answered with {ArchiveReport.Size(answer.Content.Length)}{(answer.ContentType is { } type ? $" of {PrintableText.Shortened(type)}" : "")}");
            foreach (string line in Lines(answer))
                output.WriteLine($"  {PrintableText.Shortened(line, MostCharacters)}");
        }
        catch (Exception failed) when (failed is TorchException or BadInputException or InvalidOperationException)
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

    private static IEnumerable<string> Lines(HandlerAnswer answer)
    {
        if (answer.ContentType == EisenMessagePack.MediaType)
        {
            using FieldDictionary fields = EisenMessagePack.ReadFields(answer.Content);
            return [.. fields.Fields.Select(field => $"{field.Key}: {Described(field.Value)}")];
        }

        try
        {
            return [OneLine(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(answer.Content.Span))];
        }
        catch (DecoderFallbackException)
        {
            return [];
        }
    }

    private static string Described(FieldValue value) => value switch
    {
        FieldValue.Array array => array.Elements.ToString(),
        FieldValue.Text text => $"'{text.Content}'",
        FieldValue.Bytes bytes => ArchiveReport.Size(bytes.Content.Length),
        FieldValue.Integer integer => integer.Number.ToString(CultureInfo.InvariantCulture),
        FieldValue.Float real => real.Number.ToString(CultureInfo.InvariantCulture),
        FieldValue.Bool boolean => boolean.Truth ? "true" : "false",
        FieldValue.List list => $"a list of {list.Items.Count}",
        FieldValue.Map map => $"a map of {map.Items.Count}",
        _ => "none",
    };

    private static string OneLine(string text) => PrintableText.Shortened(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), MostCharacters);
}
