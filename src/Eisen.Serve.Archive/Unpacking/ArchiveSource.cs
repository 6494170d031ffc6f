namespace Eisen.Serve.Archive;

/// <summary>The archive that is being opened: where it is, what it is called in messages, what it may ask for.</summary>
internal sealed record ArchiveSource(string Path, ArchiveLimits Limits)
{
    /// <summary>The name of the file or folder, without where it lies.</summary>
    public string FileName { get; } =
        System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path)));

    /// <summary>The exception that says what is wrong with this archive.</summary>
    public ArchiveException Fault(string fault, Exception? innerException = null) =>
        new(FileName, fault, innerException);

    /// <summary>Opens the archive's file for reading.</summary>
    /// <exception cref="ArchiveException">There is no such file, or it may not be read.</exception>
    public FileStream OpenFile()
    {
        try
        {
            return RegularFile.TryOpen(Path, bufferSize: 1 << 16) ?? throw Fault("not a MAR archive: it is a pipe or a device.");
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fault("the file does not exist.", missing);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw Fault("the file may not be read: permission denied.", denied);
        }
        catch (IOException failed)
        {
            throw Fault("the file cannot be opened for reading.", failed);
        }
    }
}
