using System.Globalization;
using Eisen.Serve.Python;

namespace Eisen.Serve.Background;

/// <summary>A process for good: its number may be given to another one later, its number and start time are not.</summary>
/// <param name="Id">The process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since the machine did (proc(5), stat, field 22).</param>
internal sealed record ProcessIdentity(int Id, long StartTicks)
{
    private const string HasEnded = "Z";

    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = new(Environment.ProcessId, ReadStartTicks(Environment.ProcessId) ?? 0);

    /// <summary>Whether the process is still the one that it was.</summary>
    public bool IsAlive => ReadStartTicks(Id) == StartTicks;

    /// <summary>The children of this process that have ended and that nobody has asked for.</summary>
    public static IReadOnlySet<ProcessIdentity> EndedChildren()
    {
        HashSet<ProcessIdentity> ended = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && ProcessStatus.Read(id) is [HasEnded, string parent, ..] fields && parent == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
                ended.Add(new ProcessIdentity(id, StartTicksIn(fields)));
        }

        return ended;
    }

    // A process that has ended stays listed until its parent asks for it.
    private static long? ReadStartTicks(int id) => ProcessStatus.Read(id) is [not HasEnded and not "X", ..] fields ? StartTicksIn(fields) : null;

    private static long StartTicksIn(string[] fields) => long.Parse(fields[22 - ProcessStatus.FirstField], CultureInfo.InvariantCulture);
}
