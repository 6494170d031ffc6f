using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Eisen.Serve.Archive;

/// <summary>
/// Opens files that may be anything: a pipe that lies where a file should be would block whoever opens it, until
/// somebody writes into it, and no cancellation reaches that.
/// </summary>
internal static partial class RegularFile
{
    // fcntl.h of Linux. Links are followed: model stores are often made of them.
    private const int ReadOnly = 0;
    private const int NoControllingTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int EmptyPath = 0x1000;

    // stat.h
    private const uint TypeWanted = 1;
    private const int TypeBits = 0xF000;
    private const int Regular = 0x8000;
    private const int Folder = 0x4000;

    // errno.h
    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int NoDeviceOrAddress = 6;
    private const int AccessDenied = 13;
    private const int NotAFolder = 20;

    /// <summary>Opens a file for reading; null when it is a pipe, a socket or a device.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static FileStream? TryOpen(string path, int bufferSize)
    {
        path = Path.GetFullPath(path);
        if (!OperatingSystem.IsLinux())
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);

        // Opened once, and asked what it is afterwards: what lies at the path may be another thing by then. Like this,
        // opening a pipe returns at once; reading a file is not changed by it.
        SafeFileHandle handle = Open(path, ReadOnly | NonBlocking | NoControllingTerminal | CloseOnExec);
        FileStream? file = null;
        try
        {
            if (handle.IsInvalid)
            {
                int error = Marshal.GetLastPInvokeError();
                // A socket, or a device that nothing drives.
                return error == NoDeviceOrAddress ? null : throw Failure(path, error);
            }

            int type = TypeOf(handle, path);
            if (type == Folder)
                throw new UnauthorizedAccessException($"'{path}' is a folder.");
            return type == Regular ? file = new FileStream(handle, FileAccess.Read, bufferSize) : null;
        }
        finally
        {
            if (file is null)
                handle.Dispose();
        }
    }

    private static int TypeOf(SafeFileHandle handle, string path) =>
        Status(handle, "", EmptyPath, TypeWanted, out FileStatus status) == 0
            ? status.Mode & TypeBits
            : throw Failure(path, Marshal.GetLastPInvokeError());

    private static Exception Failure(string path, int error)
    {
        string message = $"'{path}' cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.";
        return error switch
        {
            NoEntry or NotAFolder => new FileNotFoundException(message, path),
            NotPermitted or AccessDenied => new UnauthorizedAccessException(message),
            _ => new IOException(message),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Status(SafeFileHandle start, string path, int flags, uint wanted, out FileStatus status);

    // statx(2): unlike stat's, its layout is the same on every processor.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(28)]
        public ushort Mode;
    }
}
