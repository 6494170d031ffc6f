using System.Text.Json;

namespace Eisen.Serve.Conformance;

/// <summary>Puts this run's tokens in the place of the recorded ones of the same role and age.</summary>
/// <param name="keyFile">Where the server writes its tokens.</param>
internal sealed class RecordedKeys(string keyFile)
{
    // Role, and how many tokens of this role there were before: key_file.sequence.json for group E; group F's, whose files
    // are not in the set, by what its requests do with them.
    private static readonly Dictionary<string, (string Role, int Age)> Recorded = new(StringComparer.Ordinal)
    {
        ["BucCaDK4"] = ("inference", 0),
        ["XalUyq0r"] = ("inference", 1),
        ["UjparRbv"] = ("management", 0),
        ["oUq0uWCl"] = ("management", 1),
        ["OAJji8h5"] = ("API", 0),
        ["Gpq8Uttt"] = ("inference", 0),
        ["rHuPa2gJ"] = ("inference", 1),
        ["2hWaMLXn"] = ("management", 0),
        ["Gz4JIJWv"] = ("API", 0),
    };

    private readonly Dictionary<string, List<string>> own = new(StringComparer.Ordinal);

    /// <summary>Replaces what was recorded.</summary>
    public string Rewrite(string text)
    {
        // Addresses of files stand in queries.
        text = text.Replace(Uri.EscapeDataString(RecordedSet.Place), Uri.EscapeDataString(RecordedSet.Folder + "/"), StringComparison.Ordinal);
        foreach ((string recorded, (string role, int age)) in Recorded)
        {
            if (!text.Contains(recorded, StringComparison.Ordinal))
                continue;
            ReadNew();
            text = text.Replace(recorded, own[role][age], StringComparison.Ordinal);
        }

        return text;
    }

    private void ReadNew()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(keyFile));
        foreach (JsonProperty role in document.RootElement.EnumerateObject())
        {
            if (!own.TryGetValue(role.Name, out List<string>? keys))
                own.Add(role.Name, keys = []);
            string key = role.Value.GetProperty("key").GetString()!;
            if (keys.LastOrDefault() != key)
                keys.Add(key);
        }
    }
}
