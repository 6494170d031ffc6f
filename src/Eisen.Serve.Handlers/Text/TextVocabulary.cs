using System.IO.Compression;
using System.Numerics;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers.Pickles;

namespace Eisen.Serve.Handlers.Text;

/// <summary>
/// The numbers of a text model's words, from the archive's <c>source_vocab.pt</c>: what <c>torch.save</c> wrote of a dictionary,
/// a counter, or a vocabulary of torchtext, old (<c>stoi</c>) or new. It is read without Python, and nothing in it is run.
/// </summary>
internal sealed class TextVocabulary
{
    private const string FileName = "source_vocab.pt";
    private const long MostFileBytes = 512 << 20;
    private const long MostPickleBytes = 128 << 20;
    private const string UnknownWord = "<unk>";

    // With which torch.save began a file before torch 1.6, where a zip file begins today.
    private static readonly BigInteger LegacyMagic = BigInteger.Parse("1950a86a20f9469cfc6c", System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    private readonly Dictionary<string, long> numbers;
    private readonly long? unknown;

    private TextVocabulary(Dictionary<string, long> numbers, long? unknown)
    {
        this.numbers = numbers;
        this.unknown = unknown;
    }

    /// <summary>How many words it has.</summary>
    public int Count => numbers.Count;

    /// <summary>A word's number, or that of unknown words.</summary>
    /// <exception cref="BadInputException">The word is not in it, and there is no number for unknown ones.</exception>
    public long this[string word] => numbers.TryGetValue(word, out long number)
        ? number
        : unknown ?? throw new BadInputException($"the model's vocabulary has no word {PrintableText.Quoted(word)}, and no number for unknown words");

    /// <summary>Reads an archive's vocabulary: the manifest's <c>sourceVocab</c>, else <c>source_vocab.pt</c>.</summary>
    /// <param name="folder">The archive's folder.</param>
    /// <exception cref="HandlerConfigurationException">There is none, or it cannot be read.</exception>
    public static TextVocabulary Read(string folder)
    {
        string name = NamedByManifest(folder) ?? FileName;
        FileInfo file = new(Path.Combine(folder, name));
        if (Path.GetFileName(name) != name || !file.Exists)
            throw new HandlerConfigurationException($"{PrintableText.Quoted(name)} is not in the archive; text_classifier needs the model's vocabulary in it");
        try
        {
            if (file.Length > MostFileBytes)
                throw new PickleException($"is larger than {MostFileBytes >> 20} MiB");
            return From(ReadPickle(file)) ?? throw new PickleException("holds no vocabulary; it must be a dictionary from word to number, or torchtext's Vocab, as torch.save writes them");
        }
        catch (Exception mistake) when (mistake is PickleException or InvalidDataException)
        {
            throw new HandlerConfigurationException($"{PrintableText.Quoted(name)} {(mistake is PickleException ? mistake.Message : "is a broken zip file")}");
        }
    }

    private static string? NamedByManifest(string folder)
    {
        FileInfo manifest = new(Path.Combine(folder, "MAR-INF", "MANIFEST.json"));
        if (!manifest.Exists || manifest.Length > 1 << 20)
            return null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(manifest.FullName));
            return json.RootElement.TryGetProperty("model", out JsonElement model) && model.TryGetProperty("sourceVocab", out JsonElement name) && name.GetString() is { Length: > 0 } text ? text : null;
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidOperationException)
        {
            // Whoever opened the archive has judged its manifest.
            return null;
        }
    }

    private static object? ReadPickle(FileInfo file)
    {
        using FileStream stream = file.OpenRead();
        Span<byte> start = stackalloc byte[2];
        stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        if (start.SequenceEqual("PK"u8))
        {
            using ZipArchive zip = new(stream, ZipArchiveMode.Read);
            ZipArchiveEntry entry = zip.Entries.FirstOrDefault(each => each.Name == "data.pkl") ?? throw new PickleException("is a zip file without data.pkl: torch.save did not write it");
            using Stream content = entry.Open();
            return new PickleReader(ReadAll(content, entry.Length), IsKnown).Read();
        }

        PickleReader pickles = new(ReadAll(stream, file.Length), IsKnown);
        object? value = pickles.Read();
        if (value is not BigInteger magic || magic != LegacyMagic)
            return value;
        // The protocol's version, the system's properties, and then what was saved.
        pickles.Read();
        pickles.Read();
        return pickles.Read();
    }

    private static byte[] ReadAll(Stream stream, long length)
    {
        if (length > MostPickleBytes)
            throw new PickleException($"holds more than {MostPickleBytes >> 20} MiB");
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // The classes of torchtext, and what a vocabulary's vectors are made of, which are not looked at.
    private static bool IsKnown(PickledClass kind) => kind switch
    {
        { Name: "Vocab" or "VocabPybind" or "_default_unk_index" } => kind.Module == "torchtext" || kind.Module.StartsWith("torchtext.", StringComparison.Ordinal),
        { Module: "torch._utils", Name: "_rebuild_tensor_v2" } or { Module: "torch", Name: "FloatStorage" } => true,
        _ => false,
    };

    private static TextVocabulary? From(object? value) => value switch
    {
        PickledDict dict => new TextVocabulary(Numbers(dict), dict.Missing),
        PickledObject { State: PickledDict state } => FromState(state),
        // The version, the number of unknown words if there is one, and the words in the order of their numbers.
        PickledObject { State: object?[] { Length: >= 3 } state } when state[1] is List<object?> whole && state[2] is List<object?> words =>
            new TextVocabulary(Numbers(words), whole is [long unknown, ..] ? unknown : null),
        _ => null,
    };

    private static TextVocabulary? FromState(PickledDict state)
    {
        if (state.Items.GetValueOrDefault("vocab") is PickledObject inner && inner.State is object?[])
            return From(inner);
        if (state.Items.GetValueOrDefault("stoi") is not PickledDict stoi)
            return null;
        Dictionary<string, long> numbers = Numbers(stoi);
        return new TextVocabulary(numbers, numbers.TryGetValue(UnknownWord, out long unknown) ? unknown : null);
    }

    private static Dictionary<string, long> Numbers(PickledDict dict)
    {
        Dictionary<string, long> numbers = new(dict.Items.Count, StringComparer.Ordinal);
        foreach ((object word, object? number) in dict.Items)
            numbers[word as string ?? throw new PickleException("has words that are no text")] = number as long? ?? throw new PickleException($"gives the word {PrintableText.Quoted((string)word)} no whole number");
        return numbers;
    }

    private static Dictionary<string, long> Numbers(List<object?> words)
    {
        Dictionary<string, long> numbers = new(words.Count, StringComparer.Ordinal);
        foreach (object? word in words)
            numbers[word as string ?? throw new PickleException("has words that are no text")] = numbers.Count;
        return numbers;
    }
}
