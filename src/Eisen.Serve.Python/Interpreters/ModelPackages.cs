using System.ComponentModel;
using Eisen.Serve.Archive;
using Eisen.Serve.Engine;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>The packages that an archive's requirements.txt names, in a folder of the model's own, which goes with it.</summary>
internal sealed class ModelPackages : IDisposable
{
    // The server sweeps folders with this beginning when it starts.
    private const string NamePrefix = "mar-packages-";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private ModelPackages(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Installs an archive's requirements.</summary>
    /// <returns>The packages; null when the archive asks for none, or it is switched off.</returns>
    /// <exception cref="ModelLoadException">pip could not install them; the model log has what it said.</exception>
    public static ModelPackages? Install(PythonSettings settings, ModelArchive archive, string interpreter, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!settings.InstallRequirements || archive.Manifest.RequirementsFile is not { } requirements)
            return null;

        string file = archive.PathOf(requirements);
        ModelPackages packages = new(Directory.CreateDirectory(Path.Combine(settings.UnpackFolder, NamePrefix + Guid.NewGuid().ToString("N")), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName);
        try
        {
            FileOwner.Give(packages.Folder, settings.User);
            ModelLog log = new($"pip for {archive.Manifest.ModelName}", logger, time);
            PythonCommand command = new(settings, interpreter, archive.Folder, null, null);
            using ChildProcess pip = command.Start(["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--upgrade", "--target", packages.Folder, "--requirement", file]);
            Task read = Task.WhenAll(log.ReadAsync(pip.Output, isError: false), log.ReadAsync(pip.Errors, isError: true));
            if (!pip.Ended.Wait((int)Patience.TotalMilliseconds, cancellationToken))
                throw new ModelLoadException($"pip did not install {requirements} within {Patience.TotalMinutes:0} minutes");
            string end = pip.Ended.Result;
            if (end != ChildProcess.EndedWell)
            {
                read.Wait(cancellationToken);
                throw new ModelLoadException($"pip could not install {requirements}: {log.LastError ?? end}");
            }

            return packages;
        }
        catch (Win32Exception failure)
        {
            packages.Dispose();
            throw new ModelLoadException($"pip cannot be started: {failure.Message}", failure);
        }
        catch
        {
            packages.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // A worker that was ended a moment ago may still have written there. The sweep when the server starts takes what stays.
        }
    }
}
