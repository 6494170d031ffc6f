using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Python;

/// <summary>Lets another user have what the server unpacked.</summary>
internal static class FileOwner
{
    /// <summary>Gives a folder and all in it to a user; links are left out.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="user">The user; null, or when the server is not root, to leave everything as it is.</param>
    /// <exception cref="Win32Exception">It cannot be done.</exception>
    public static void Give(string folder, PythonUser? user)
    {
        if (user is null || !Environment.IsPrivilegedProcess)
            return;
        // Not links: what they point to is somebody else's.
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        foreach (string entry in Directory.EnumerateFileSystemEntries(folder, "*", all))
            Change(entry, user);
        // Last: until then the user cannot get in, and put something else into a place that is about to be changed.
        Change(folder, user);
    }

    /// <summary>Lets a user go through a folder, without seeing what is in it.</summary>
    /// <exception cref="Win32Exception">It cannot be done.</exception>
    public static void LetThrough(string folder, PythonUser? user)
    {
        if (user is null || !Environment.IsPrivilegedProcess)
            return;
        if (NativeMethods.ChangeOwner(folder, uint.MaxValue, user.Group) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute);
    }

    private static void Change(string path, PythonUser user)
    {
        if (NativeMethods.ChangeOwnerOfLink(path, user.Id, user.Group) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }
}
