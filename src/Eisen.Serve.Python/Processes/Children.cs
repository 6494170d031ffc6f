using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Python;

/// <summary>
/// The children of this process: those that it made and waits for, and the orphans that workers leave when they end. A process
/// that a handler has put into a session of its own outlives its worker, and nobody else would end it or ask how it ended. The
/// kernel has one table of children a process, and so there is one here.
/// </summary>
internal static class Children
{
    // Each round ends what those of the round before had made.
    private const int MostRounds = 10;

    private static readonly TimeSpan PatienceWithOne = TimeSpan.FromMilliseconds(500);
    private static readonly byte[] Mark = System.Text.Encoding.UTF8.GetBytes($"{LeftProcesses.Mark}=");
    private static readonly Lock Changes = new();
    private static readonly Dictionary<int, object> Waited = [];
    private static int births;
    private static bool isDue;

    /// <summary>Makes a process that its maker waits for, until it calls <see cref="Forget"/>.</summary>
    /// <exception cref="Win32Exception">Orphans cannot be had.</exception>
    public static int Make(Func<int> make, object owner)
    {
        if (NativeMethods.ControlProcess(NativeMethods.BecomeSubreaper, 1, 0, 0, 0) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        lock (Changes)
            births++;
        int id = 0;
        try
        {
            return id = make();
        }
        finally
        {
            bool isNowDue;
            lock (Changes)
            {
                births--;
                if (id > 0)
                    Waited[id] = owner;
                isNowDue = isDue && births == 0;
            }

            if (isNowDue)
                EndOrphans();
        }
    }

    /// <summary>Says that a process is no child any more. Its number may be another owner's by now, who keeps it.</summary>
    public static void Forget(int id, object owner)
    {
        lock (Changes)
        {
            if (Waited.TryGetValue(id, out object? its) && its == owner)
                Waited.Remove(id);
        }
    }

    /// <summary>Ends the orphans of workers, and those that they leave, and has no zombie of them stay. A worker that lives keeps
    /// its own orphans, so that what is here was left by one that has ended.</summary>
    public static void EndOrphans()
    {
        for (int round = 0; round < MostRounds; round++)
        {
            IReadOnlyList<int> orphans;
            lock (Changes)
            {
                // One that is being made cannot be told from an orphan.
                isDue = births > 0;
                if (isDue)
                    return;
                orphans = Find();
                foreach (int orphan in orphans)
                    _ = NativeMethods.Kill(orphan, NativeMethods.SigKill);
            }

            if (orphans.Count == 0)
                return;
            foreach (int orphan in orphans)
                SpinWait.SpinUntil(() => IsReaped(orphan), PatienceWithOne);
        }
    }

    private static unsafe bool IsReaped(int orphan)
    {
        int status;
        return NativeMethods.WaitProcess(orphan, &status, NativeMethods.WaitNotAtAll) != 0;
    }

    private static List<int> Find()
    {
        string self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        string ownSession = ProcessStatus.Read(Environment.ProcessId) is [_, _, _, string session, ..] ? session : "";
        List<int> orphans = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id) || Waited.ContainsKey(id))
                continue;
            // Those in this process's own session are somebody else's to wait for, and who runs as a container's first process gets
            // orphans of other origin. A zombie has no environment any more.
            if (ProcessStatus.Read(id) is [string state, string parent, _, string its, ..] && parent == self && its != ownSession
                && (state == "Z" || LeftProcesses.HasVariable(process, Mark)))
                orphans.Add(id);
        }

        return orphans;
    }
}
