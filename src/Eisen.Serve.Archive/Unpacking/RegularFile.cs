using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Eisen.Serve.Archive;

/// <summary>
/// Opens files that may be anything: a pipe that lies where a file should be would block whoever opens it, until
/// somebody writes into it, and no cancellation reaches that.
/// </summary>
internal static partial class RegularFile
{
    // fcntl.h of Linux
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>Opens a file for reading; null when it is a pipe, a socket or a device.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream? TryOpen(string path, int bufferSize)
    {
        if (OperatingSystem.IsLinux())
        {
            // Opening a pipe like this returns at once. The handle only tells what the path is.
            using SafeFileHandle probe = Open(path, ReadOnly | NonBlocking | CloseOnExec);
            if (!probe.IsInvalid && !IsRegular(probe))
                return null;
        }

        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);
        if (file.CanSeek)
            return file;
        file.Dispose();
        return null;
    }

    private static bool IsRegular(SafeFileHandle probe)
    {
        try
        {
            using FileStream file = new(probe, FileAccess.Read, bufferSize: 0);
            return file.CanSeek;
        }
        catch (Exception notAFile) when (notAFile is IOException or UnauthorizedAccessException or Win32Exception)
        {
            // A folder: opening it as a file tells so better than this could.
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);
}
