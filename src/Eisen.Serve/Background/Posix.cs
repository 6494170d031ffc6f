using System.Runtime.InteropServices;

namespace Eisen.Serve.Background;

/// <summary>The few calls to the operating system that .NET has no method for.</summary>
internal static partial class Posix
{
    private const int SigTerm = 15;

    // fcntl.h and stat.h of Linux
    private const int CurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint TypeWanted = 1;
    private const uint OwnerWanted = 8;
    private const int TypeMask = 0xF000;
    private const int SocketType = 0xC000;

    // wait.h of Linux, and where struct siginfo has the process.
    private const int AnyChild = 0;
    private const int DoNotWait = 1;
    private const int HasExited = 4;
    private const int LeaveIt = 0x01000000;
    private const int SignalInformationLength = 128;
    private const int ProcessInInformation = 16;

    /// <summary>The user who this process runs as.</summary>
    public static uint CurrentUser => GetEffectiveUserId();

    /// <summary>The user who owns a file or folder; of a link, its own.</summary>
    /// <exception cref="IOException">It is not there, or cannot be reached.</exception>
    public static uint OwnerOf(string path) =>
        Status(CurrentFolder, path, DoNotFollow, OwnerWanted, out FileStatus status) == 0
            ? status.Owner
            : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    /// <summary>Whether there is a socket at a path; false when there is nothing, or something else.</summary>
    public static bool IsSocket(string path) =>
        Status(CurrentFolder, path, DoNotFollow, TypeWanted, out FileStatus status) == 0 && (status.Mode & TypeMask) == SocketType;

    /// <summary>Asks a process to end.</summary>
    /// <returns>Whether there was such a process, and it is ours to ask.</returns>
    public static bool Terminate(int processId) => Kill(processId, SigTerm) == 0;

    /// <summary>Whether a child has ended that nobody has asked for yet.</summary>
    public static unsafe bool HasEndedChild()
    {
        byte* information = stackalloc byte[SignalInformationLength];
        new Span<byte>(information, SignalInformationLength).Clear();
        return WaitId(AnyChild, 0, information, HasExited | DoNotWait | LeaveIt) == 0 && *(int*)(information + ProcessInInformation) != 0;
    }

    /// <summary>Asks for a child that has ended, so that the system lets go of it.</summary>
    /// <returns>Whether it was there.</returns>
    public static unsafe bool Reap(int processId)
    {
        int status;
        return WaitProcess(processId, &status, DoNotWait) == processId;
    }

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

    [LibraryImport("libc", EntryPoint = "waitid")]
    private static unsafe partial int WaitId(int kind, int id, byte* information, int options);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static unsafe partial int WaitProcess(int process, int* status, int options);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Dup2(int from, int to);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Status(int start, string path, int flags, uint wanted, out FileStatus status);

    // statx(2): unlike stat's, its layout is the same on every processor.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
