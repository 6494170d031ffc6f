using System.Globalization;

namespace Eisen.Serve.Python;

/// <summary>A user of the system.</summary>
/// <param name="Id">The user's number.</param>
/// <param name="Group">The number of the user's own group.</param>
public sealed record PythonUser(uint Id, uint Group)
{
    private const string UserFile = "/etc/passwd";

    /// <summary>Finds a user.</summary>
    /// <param name="text">A name of <c>/etc/passwd</c>, or two numbers as in <c>1000:1000</c>.</param>
    /// <returns>The user, or null when there is none, or it is root.</returns>
    public static PythonUser? Find(string text)
    {
        string[] numbers = text.Split(':');
        if (numbers is [string id, string group] && TryRead(id, group) is { } given)
            return given;
        return File.ReadLines(UserFile).Select(line => line.Split(':')).Where(fields => fields.Length >= 4 && fields[0] == text)
            .Select(fields => TryRead(fields[2], fields[3])).FirstOrDefault();
    }

    private static PythonUser? TryRead(string id, string group) =>
        uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out uint user) && user > 0
        && uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out uint its) && its > 0
            ? new PythonUser(user, its)
            : null;
}
