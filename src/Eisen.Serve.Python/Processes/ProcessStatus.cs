using System.Globalization;

namespace Eisen.Serve.Python;

/// <summary>Reads what the system tells of processes: proc(5)'s stat.</summary>
public static class ProcessStatus
{
    /// <summary>The number that the manual gives to the first field that <see cref="Read"/> returns.</summary>
    public const int FirstField = 3;

    /// <summary>The fields from the state on: state, parent, group, session, and so on; null when there is no such process.</summary>
    public static string[]? Read(int id)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            // The second field, the program's name in brackets, may itself hold blanks and brackets.
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
