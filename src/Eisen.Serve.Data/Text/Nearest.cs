namespace Eisen.Serve.Data;

/// <summary>Finds what somebody probably meant.</summary>
public static class Nearest
{
    /// <summary>A half sentence that names the candidate nearest to what was given, or an empty text when none is near.</summary>
    public static string DidYouMean(string given, IEnumerable<string> candidates) =>
        Find(given, candidates) is { } name ? $"; did you mean '{name}'?" : "";

    /// <summary>The candidate nearest to what was given, or null when none is near.</summary>
    public static string? Find(string given, IEnumerable<string> candidates)
    {
        // More changes than a third of the word is another word.
        return Find(given, candidates, Math.Max(2, given.Length / 3));
    }

    /// <summary>The candidate nearest to what was given, or null when none is within so many changes of letters; capitals are
    /// as good as small ones.</summary>
    public static string? Find(string given, IEnumerable<string> candidates, int mostChanges) =>
        candidates
            .Where(name => Math.Abs(name.Length - given.Length) <= mostChanges)
            .Select(name => (Name: name, Distance: Distance(given, name)))
            .Where(candidate => candidate.Distance <= mostChanges)
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();

    /// <summary>The Levenshtein distance: how many letters to insert, delete or replace.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
