using System.Runtime.InteropServices;

namespace Eisen.Serve.Python;

/// <summary>
/// The calls to the operating system that .NET has no method for: a process with a session and descriptors of its own, a
/// socket pair, and memory without a name. The numbers are Linux's and glibc's.
/// </summary>
internal static unsafe partial class NativeMethods
{
    public const int UnixFamily = 1;
    public const int StreamSocket = 1;
    public const int SocketCloseOnExec = 0x80000;
    public const int DuplicateCloseOnExec = 1030;
    public const int AddSeals = 1033;
    public const int SealShrink = 2;
    public const uint MemoryCloseOnExec = 1;
    public const uint MemoryAllowSealing = 2;
    public const int WaitForProcess = 1;
    public const int WaitNotAtAll = 1;
    public const int WaitExited = 4;
    public const int WaitLeaveIt = 0x01000000;
    public const int ReadOnly = 0;
    public const int SigUsr2 = 12;
    public const int BecomeSubreaper = 36;
    public const int SocketLevel = 1;
    public const int DescriptorRights = 1;
    public const int DoNotSignal = 0x4000;
    public const int SigKill = 9;
    public const int LimitCpuSeconds = 0;
    public const int LimitAddressSpace = 9;
    public const short SpawnSetSignalDefaults = 4;
    public const short SpawnSetSignalMask = 8;
    public const short SpawnSetSession = 0x80;

    /// <summary>Larger than glibc's structures for spawning, and than its signal set.</summary>
    public const int SpawnStructureSize = 512;
    public const int SignalSetSize = 128;

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    public static partial int SocketPair(int family, int type, int protocol, int* descriptors);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int descriptor, int command, long argument);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int processOrGroup, int signal);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitId(int kind, int id, byte* information, int options);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitProcess(int process, int* status, int options);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int ControlProcess(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    public static partial int Limit(int process, int resource, ulong* newLimits, ulong* oldLimits);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwnerOfLink(string path, uint user, uint group);

    // Those that spawn return the error itself.
    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(int* process, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitializeActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    public static partial int AddCloseFrom(byte* actions, int first);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddFolder(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int InitializeAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetSignalDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(byte* attributes, byte* signals);

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public byte* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint PieceCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Piece
    {
        public byte* Start;
        public nuint Length;
    }
}
