using System.Runtime.InteropServices;

namespace Eisen.Serve.Background;

/// <summary>The few calls to the operating system that .NET has no method for.</summary>
internal static partial class Posix
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to end.</summary>
    /// <returns>Whether there was such a process, and it is ours to ask.</returns>
    public static bool Terminate(int processId) => Kill(processId, SigTerm) == 0;

    /// <summary>Leaves the terminal, so that its Ctrl-C and its end do not reach this process.</summary>
    public static void LeaveTerminal() => _ = SetSid();

    /// <summary>Makes everything that is written to standard output and standard error from now on go to a file, the
    /// text of native libraries included.</summary>
    public static void RedirectOutput(FileStream file)
    {
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
        _ = Dup2(descriptor, 1);
        _ = Dup2(descriptor, 2);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Dup2(int from, int to);
}
