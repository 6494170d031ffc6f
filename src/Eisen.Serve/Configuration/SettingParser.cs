using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Eisen.Serve.Data;

namespace Eisen.Serve.Configuration;

/// <summary>
/// Reads settings as what the <see cref="SettingTable"/> says they are. A value that is not that is a mistake, and then the
/// setting counts as not set, so that all mistakes can be told at once.
/// </summary>
internal sealed class SettingParser(SettingValues said)
{
    private readonly List<string> mistakes = [.. said.Mistakes];
    private readonly List<string> warnings = [];
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    /// <summary>What was wrong so far, each with where.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;

    /// <summary>What was doubtful so far, each with where.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>The keys that were asked for so far.</summary>
    public IReadOnlySet<string> Read => read;

    /// <summary>Notes a mistake.</summary>
    /// <param name="where">Where it is: a setting's <see cref="In"/>, or an option.</param>
    /// <param name="mistake">What is wrong, as the rest of the sentence.</param>
    public void Mistake(string where, string mistake) => mistakes.Add($"{where}{mistake}");

    /// <summary>Notes what is doubtful, and yet no mistake; the parameters are those of <see cref="Mistake"/>.</summary>
    public void Warn(string where, string warning) => warnings.Add($"{where}{warning}");

    /// <summary>Where a key was set, for the beginning of a mistake; the key alone when it was not.</summary>
    public string In(string key) => said.Find(key)?.In(key) ?? key;

    /// <summary>A text; null when it is not set, or empty.</summary>
    public string? Text(string key) => Find(key, SettingType.Text) is ({ Text.Length: > 0 } value, _) ? value.Text : null;

    /// <summary>A whole number within its bounds, or null.</summary>
    public long? Whole(string key)
    {
        if (Find(key, SettingType.WholeNumber) is not (SettingValue value, Setting setting))
            return null;
        if (long.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= setting.Minimum && number <= setting.Maximum)
            return number;
        Mistake(value.In(key), $" must be a whole number from {setting.Minimum} to {setting.Maximum}, not {PrintableText.Quoted(value.Text)}");
        return null;
    }

    /// <summary>A whole number of seconds, or null.</summary>
    public TimeSpan? Seconds(string key) => Whole(key) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>A number of minutes, or null.</summary>
    public TimeSpan? Minutes(string key)
    {
        if (Find(key, SettingType.Number) is not (SettingValue value, Setting setting))
            return null;
        if (decimal.TryParse(value.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) && number >= setting.Minimum && number <= setting.Maximum)
            return TimeSpan.FromMinutes((double)number);
        Mistake(value.In(key), $" must be a number from {setting.Minimum} to {setting.Maximum}, not {PrintableText.Quoted(value.Text)}");
        return null;
    }

    /// <summary>A truth value, or null.</summary>
    public bool? Flag(string key)
    {
        if (Find(key, SettingType.Flag) is not (SettingValue value, _))
            return null;
        if (bool.TryParse(value.Text, out bool flag))
            return flag;
        Mistake(value.In(key), $" must be true or false, not {PrintableText.Quoted(value.Text)}");
        return null;
    }

    /// <summary>One of the setting's choices, as the table writes it, or null.</summary>
    public string? Choice(string key)
    {
        if (Find(key, SettingType.Choice) is not (SettingValue value, Setting setting))
            return null;
        if (setting.Choices.FirstOrDefault(choice => choice.Equals(value.Text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } chosen)
            return chosen;
        Mistake(value.In(key), $" must be {string.Join(" or ", setting.Choices)}, not {PrintableText.Quoted(value.Text)}");
        return null;
    }

    /// <summary>Texts without the commas and blanks between them, or null.</summary>
    public IReadOnlyList<string>? List(string key) => Find(key, SettingType.List) is (SettingValue value, _)
        ? value.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : null;

    /// <summary>A regular expression that takes no longer than its text is long, or null.</summary>
    public Regex? Pattern(string key)
    {
        if (Find(key, SettingType.Pattern) is not ({ Text.Length: > 0 } value, _))
            return null;
        try
        {
            return new Regex(value.Text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception mistake) when (mistake is ArgumentException or NotSupportedException)
        {
            Mistake(value.In(key), $" must be a regular expression: {PrintableText.Escaped(mistake.Message.TrimEnd('.'))}");
            return null;
        }
    }

    /// <summary>A listener's address, or null.</summary>
    /// <param name="key">The setting.</param>
    /// <param name="plainPort">The port that TorchServe takes when an http:// address names none.</param>
    /// <param name="tlsPort">The port for https:// ones.</param>
    public ListenAddress? Address(string key, int plainPort, int tlsPort)
    {
        if (Find(key, SettingType.Address) is not (SettingValue value, _))
            return null;
        if (!ListenAddress.TryParse(value.Text, out ListenAddress? address, out string? mistake, (plainPort, tlsPort)))
            Mistake(value.In(key), $" {mistake}");
        return address;
    }

    /// <summary>The full path of a file that is there, or null.</summary>
    public string? ExistingFile(string key) => Existing(key, SettingType.File, "file", File.Exists, Directory.EnumerateFiles);

    /// <summary>The full path of a folder that is there, or null.</summary>
    public string? ExistingFolder(string key) => Existing(key, SettingType.Folder, "folder", Directory.Exists, Directory.EnumerateDirectories);

    /// <summary>A JSON object, to be disposed, or null.</summary>
    public JsonDocument? Json(string key)
    {
        if (Find(key, SettingType.Json) is not ({ Text.Length: > 0 } value, _))
            return null;
        try
        {
            // TorchServe's reader forgives a comma too many.
            return JsonDocument.Parse(value.Text, new JsonDocumentOptions { AllowTrailingCommas = true, AllowDuplicateProperties = false, MaxDepth = 16 });
        }
        catch (JsonException mistake)
        {
            Mistake(value.In(key), $" must be a JSON object; it is wrong in its line {mistake.LineNumber + 1}, byte {mistake.BytePositionInLine}");
            return null;
        }
    }

    private string? Existing(string key, SettingType type, string kind, Func<string, bool> exists, Func<string, IEnumerable<string>> siblings)
    {
        if (Find(key, type) is not (SettingValue value, _))
            return null;
        if (value.Text.Length == 0 || value.Text.Contains('\0'))
        {
            Mistake(value.In(key), $" needs the path of a {kind}");
            return null;
        }

        string path = Path.GetFullPath(value.Text);
        if (!exists(path))
            Mistake(value.In(key), $": there is no {kind} '{PrintableText.Escaped(value.Text)}'{NearestPath.To(path, siblings)}");
        return path;
    }

    private (SettingValue Value, Setting Setting)? Find(string key, SettingType type)
    {
        Setting setting = SettingTable.Find(key) is { } known && known.Type == type ? known
            : throw new ArgumentException($"The table has no {type} '{key}'. This is a bug.", nameof(key));
        read.Add(key);
        return said.Find(key) is { } value ? (value, setting) : null;
    }
}
