using Eisen.Serve.Archive;
using Eisen.Serve.Data;

namespace Eisen.Serve.Packing;

/// <summary>Shows an archive, which may come from anybody and be broken in any way.</summary>
internal static class InspectCommand
{
    private static readonly TimeSpan TimeToStop = TimeSpan.FromSeconds(3);

    /// <returns>0, or 1 when something is wrong with the archive.</returns>
    public static async Task<int> RunAsync(string path, bool loadModule, TextWriter output, CancellationToken cancellationToken)
    {
        // libtorch cannot be interrupted: the module is left to its fate when somebody does not want to wait for it.
        DirectoryInfo unpackFolder = Directory.CreateTempSubdirectory("eisen-serve-");
        Task<int> work = Task.Run(() => Run(path, unpackFolder.FullName, loadModule, output, cancellationToken), CancellationToken.None);
        try
        {
            return await work.WaitAsync(cancellationToken);
        }
        finally
        {
            // Whoever unpacks stops soon, and would otherwise make files where they are being deleted.
            await Task.WhenAny(work, Task.Delay(TimeToStop, CancellationToken.None));
            Delete(unpackFolder);
        }
    }

    private static void Delete(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"eisen-serve: the folder {folder.FullName} could not be deleted: {failure.Message}");
        }
    }

    private static int Run(string path, string unpackFolder, bool loadModule, TextWriter output, CancellationToken cancellationToken)
    {
        using ArchiveInspection archive = ArchiveInspection.Open(path, unpackFolder, cancellationToken: cancellationToken);
        ArchiveReport report = new(output);
        report.WriteHeading($"{PrintableText.Shortened(archive.FileName)}: {Described(archive)}");
        report.WriteContent(archive);
        List<string> problems = [.. archive.Problems];
        if (archive.Manifest is not null)
        {
            output.Flush();
            using PackedModel model = new(archive);
            problems.AddRange(model.FindProblems(loadModule));
            report.WriteModel(model, withCode: true);
            report.WriteWarnings([.. archive.Warnings, .. model.Warnings]);
        }

        report.WriteProblems(problems);
        return problems.Count == 0 ? 0 : 1;
    }

    private static string Described(ArchiveInspection archive) => archive.Kind switch
    {
        ArchiveKind.Zip => $"a zip of {ArchiveReport.Size(archive.FileLength)}",
        ArchiveKind.TarGzip => $"a gzip'd tar of {ArchiveReport.Size(archive.FileLength)}",
        ArchiveKind.Folder => "a folder",
        _ when archive.FileLength is { } length => $"{ArchiveReport.Size(length)} that cannot be unpacked",
        _ => "not there",
    };
}
