namespace Eisen.Serve.Python;

/// <summary>
/// Finds the processes that a server left: all that it started, and all that these started, have a variable in their
/// environment that names its folder.
/// </summary>
public static class LeftProcesses
{
    /// <summary>The variable.</summary>
    internal const string Mark = "EISEN_SERVE_WORKER_OF";

    /// <summary>Ends what is left of the workers of servers with this folder. Only who holds the folder may call it.</summary>
    /// <param name="folder">Where the server unpacks archives.</param>
    /// <returns>How many there were.</returns>
    public static int End(string folder) => Find(folder).Count(process => NativeMethods.Kill(process, NativeMethods.SigKill) == 0);

    /// <summary>The processes that workers of servers with this folder are, or have started.</summary>
    internal static IReadOnlyList<int> Find(string folder)
    {
        byte[] mark = System.Text.Encoding.UTF8.GetBytes($"{Mark}={folder}");
        string? view = ReadView("/proc/self");
        List<int> found = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), out int id) && id != Environment.ProcessId && HasVariable(process, mark, isWhole: true)
                && view is not null && ReadView(process) == view)
                found.Add(id);
        }

        return found;
    }

    // In another mount namespace, a container's, the same path is another folder. Null where it may not be read.
    private static string? ReadView(string process) => new FileInfo(Path.Combine(process, "ns", "mnt")).LinkTarget;

    /// <summary>Whether a process was started with a variable in its environment.</summary>
    /// <param name="process">Its folder in <c>/proc</c>.</param>
    /// <param name="text">The variable's name, its equals sign, and the beginning of its value.</param>
    /// <param name="isWhole">Whether that is all of its value.</param>
    internal static bool HasVariable(string process, ReadOnlySpan<byte> text, bool isWhole = false)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes(Path.Combine(process, "environ"));
            foreach (Range variable in environment.Split((byte)0))
            {
                if (environment[variable].StartsWith(text) && (!isWhole || environment[variable].Length == text.Length))
                    return true;
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
        }

        return false;
    }
}
