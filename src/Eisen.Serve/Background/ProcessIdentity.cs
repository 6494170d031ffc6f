using System.Globalization;

namespace Eisen.Serve.Background;

/// <summary>A process for good: its number may be given to another one later, its number and start time are not.</summary>
/// <param name="Id">The process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since the machine did (proc(5), stat, field 22).</param>
internal sealed record ProcessIdentity(int Id, long StartTicks)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = new(Environment.ProcessId, ReadStartTicks(Environment.ProcessId) ?? 0);

    /// <summary>Whether the process is still the one that it was.</summary>
    public bool IsAlive => ReadStartTicks(Id) == StartTicks;

    private static long? ReadStartTicks(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            // The second field, the program's name in brackets, may itself hold blanks and brackets.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            // A process that has ended stays listed until its parent asks for it.
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[22 - 3], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
