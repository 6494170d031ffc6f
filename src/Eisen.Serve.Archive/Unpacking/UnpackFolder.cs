using System.Security.Cryptography;

namespace Eisen.Serve.Archive;

/// <summary>A new folder of its own, readable by nobody else, that one archive is unpacked into.</summary>
internal sealed class UnpackFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly ArchiveSource source;
    private readonly byte[] buffer = new byte[128 << 10];

    private UnpackFolder(ArchiveSource source, string path)
    {
        this.source = source;
        Path = path;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Makes the folder. Its name cannot be guessed, so nobody can have put anything there before.</summary>
    public static UnpackFolder Create(ArchiveSource source, string parent)
    {
        string path = System.IO.Path.Combine(
            System.IO.Path.GetFullPath(parent), $"mar-{RandomNumberGenerator.GetHexString(32, lowercase: true)}");
        try
        {
            Directory.CreateDirectory(parent);
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, OwnerOnly);
            return new UnpackFolder(source, path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw WriteFault(source, failed);
        }
    }

    /// <summary>Makes a folder inside; one that is there already is fine.</summary>
    /// <param name="name">A name that <see cref="EntryNames"/> has let pass.</param>
    public void CreateFolder(string name)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Path, name));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw WriteFault(source, failed);
        }
    }

    /// <summary>Writes a new file, and the folders above it.</summary>
    /// <param name="name">A name that <see cref="EntryNames"/> has let pass.</param>
    /// <param name="read">Fills the start of a buffer with the next bytes; 0 means that there are no more.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    public void WriteFile(string name, Func<byte[], int> read, CancellationToken cancellationToken)
    {
        if (System.IO.Path.GetDirectoryName(name) is { Length: > 0 } folder)
            CreateFolder(folder);

        using FileStream file = CreateFile(System.IO.Path.Combine(Path, name));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = read(buffer);
            if (count == 0)
                return;

            try
            {
                file.Write(buffer, 0, count);
            }
            catch (IOException failed)
            {
                throw WriteFault(source, failed);
            }
        }
    }

    /// <summary>Deletes the folder with everything in it.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The folder is gone already, or something in it cannot be deleted now, or lies too deep for .NET. Throwing would
            // hide why the folder is given up; the sweep of left-over unpack folders takes what stays.
        }
    }

    private FileStream CreateFile(string path)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0, // What is written comes in large pieces.
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        try
        {
            return new FileStream(path, options);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw WriteFault(source, failed);
        }
    }

    private static ArchiveException WriteFault(ArchiveSource source, Exception failed)
    {
        if (failed is UnauthorizedAccessException)
            return source.Fault("the unpack folder cannot be written to: permission denied.", failed);

        // ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows; elsewhere ENOSPC, and EDQUOT on Linux and macOS.
        int code = failed.HResult & 0xFFFF;
        bool isFull = OperatingSystem.IsWindows() ? code is 39 or 112 : code is 28 or 122 or 69;
        return isFull
            ? source.Fault("the disk of the unpack folder is full.", failed)
            : source.Fault("writing to the unpack folder failed.", failed);
    }
}
