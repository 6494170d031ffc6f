using System.Security.Cryptography;
using Eisen.Serve.Data;

namespace Eisen.Serve.Archive;

/// <summary>
/// An archive in the making: its files lie, as they will in the archive, in a hidden folder beside the one to be written,
/// so that they can be tried before anybody sees them. Saving puts the archive in its place, whole or not at all;
/// disposing deletes what is left.
/// </summary>
public sealed class ArchiveDraft : IDisposable
{
    private readonly ArchiveSource target;
    private readonly ArchiveLayout layout;
    private readonly bool overwrite;
    private readonly string modelName;
    private readonly string workFolder;

    private ArchiveDraft(ArchiveSource target, ArchiveLayout layout, bool overwrite, string modelName)
    {
        this.target = target;
        this.layout = layout;
        this.overwrite = overwrite;
        this.modelName = modelName;
        workFolder = Path.Combine(Path.GetDirectoryName(target.Path)!, $".{modelName}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}.unfinished");
        Folder = Path.Combine(workFolder, "content");
    }

    /// <summary>The full path of the file or folder that <see cref="Save"/> writes.</summary>
    public string TargetPath => target.Path;

    /// <summary>The full path of the folder with the archive's files; <see cref="ModelArchive.Open"/> takes it.</summary>
    public string Folder { get; }

    /// <summary>Copies the files together and writes their manifest.</summary>
    /// <param name="parts">What the archive is made of.</param>
    /// <param name="exportPath">The folder that the archive goes to; it must be there.</param>
    /// <param name="layout">How it is stored.</param>
    /// <param name="overwrite">Whether it may replace an archive of the same name. What is no archive is never replaced.</param>
    /// <param name="limits">What the archive may ask of those who open it; the defaults if null.</param>
    /// <param name="time">Says when the archive is made; the system's clock if null.</param>
    /// <param name="cancellationToken">Stops the copying; nothing stays.</param>
    /// <exception cref="ArchiveException">A name or a file cannot be used, the archive is there already, or writing failed.
    /// Nothing stays.</exception>
    public static ArchiveDraft Create(
        ArchiveParts parts, string exportPath, ArchiveLayout layout = ArchiveLayout.Zip, bool overwrite = false,
        ArchiveLimits? limits = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(exportPath);
        string fileName = parts.ModelName + layout switch
        {
            ArchiveLayout.TarGzip => ".tar.gz",
            ArchiveLayout.Folder => "",
            _ => ".mar",
        };
        if (ModelNames.FaultIn(parts.ModelName) is { } fault)
            throw new ArchiveException(fileName, $"{fault}.");
        if (!Directory.Exists(exportPath))
            throw new ArchiveException(fileName, $"the export path {PrintableText.Quoted(exportPath)} is not a folder.");

        ArchiveSource target = new(Path.GetFullPath(Path.Combine(exportPath, fileName)), limits ?? new ArchiveLimits());
        CheckTarget(target, layout, overwrite);
        ArchiveDraft draft = new(target, layout, overwrite, parts.ModelName);
        try
        {
            draft.Gather(parts, (time ?? TimeProvider.System).GetLocalNow(), cancellationToken);
            return draft;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            draft.Dispose();
            throw target.Fault($"it cannot be written to {PrintableText.Quoted(exportPath)}: {failed.Message}", failed);
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    /// <summary>Writes the archive. To be called once.</summary>
    /// <param name="cancellationToken">Stops the writing; what was there stays as it was.</param>
    /// <returns>The archive's full path.</returns>
    /// <exception cref="ArchiveException">It is there by now, or writing failed; what was there stays as it was.</exception>
    public string Save(CancellationToken cancellationToken = default)
    {
        try
        {
            if (layout == ArchiveLayout.Folder)
                SaveFolder();
            else
                SaveFile(cancellationToken);
            return target.Path;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw target.Fault($"it cannot be written: {failed.Message}", failed);
        }
    }

    /// <summary>Deletes the files that were gathered; a saved archive stays.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(workFolder, recursive: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // It was never made, or something in it cannot be deleted now. Throwing would hide why it is given up.
        }
    }

    private static void CheckTarget(ArchiveSource target, ArchiveLayout layout, bool overwrite)
    {
        if (!Path.Exists(target.Path))
            return;
        if (!overwrite)
            throw target.Fault("it is there already; --force replaces it.");

        bool isFolder = Directory.Exists(target.Path);
        if (isFolder != (layout == ArchiveLayout.Folder))
            throw target.Fault(isFolder ? "a folder of this name is there already." : "a file of this name is there already.");
        if (isFolder && !File.Exists(Path.Combine(target.Path, ManifestReader.FileName)))
            throw target.Fault("a folder of this name is there already, and it is no archive that could be replaced.");
    }

    private void Gather(ArchiveParts parts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(workFolder);
        else
            Directory.CreateDirectory(workFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Folder);
        FileGatherer gatherer = new(target, Folder);
        gatherer.CreateFile(ManifestReader.FileName, stream => ManifestWriter.Write(stream, parts, now));
        gatherer.CopyAll(parts.Files, cancellationToken);

        // Whatever a reader refuses is refused here, with the same words.
        using ModelArchive readBack = ModelArchive.Open(Folder, workFolder, target.Limits, cancellationToken);
    }

    private void SaveFile(CancellationToken cancellationToken)
    {
        string unfinished = Path.Combine(workFolder, target.FileName);
        long size;
        using (FileStream file = new(unfinished, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            if (layout == ArchiveLayout.TarGzip)
                TarPacker.Pack(Folder, modelName, file, cancellationToken);
            else
                ZipPacker.Pack(Folder, file, layout == ArchiveLayout.Zip, cancellationToken);
            file.Flush(flushToDisk: true);
            size = file.Length;
        }

        if (PackedEntry.In(Folder).Sum(entry => entry.Length) > UnpackBudget.MostBytesByRatio(target.Limits.MaxCompressionRatio, size))
            throw target.Fault("its files compress so well that whoever opens it must take it for a bomb; store them as they are (zip-store).");
        CheckTarget(target, layout, overwrite);
        File.Move(unfinished, target.Path, overwrite);
    }

    private void SaveFolder()
    {
        CheckTarget(target, layout, overwrite);
        if (!Directory.Exists(target.Path))
        {
            Directory.Move(Folder, target.Path);
            return;
        }

        string replaced = Path.Combine(workFolder, "replaced");
        Directory.Move(target.Path, replaced);
        try
        {
            Directory.Move(Folder, target.Path);
        }
        catch
        {
            Directory.Move(replaced, target.Path);
            throw;
        }
    }
}
