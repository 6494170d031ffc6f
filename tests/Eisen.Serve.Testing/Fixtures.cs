using System.Diagnostics;
using System.Security.Cryptography;

namespace Eisen.Serve.Testing;

/// <summary>
/// Files that tests read and that Python makes: TorchScript modules, pictures, and Python's own answers for them.
/// They are made once by <c>tests/fixtures/make.py</c> and again when one of its scripts changes.
/// </summary>
public static class Fixtures
{
    private static readonly Lazy<string> MadeFolder = new(Make);

    /// <summary>The repository's root.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The path of a file that the scripts made.</summary>
    /// <param name="name">Its path below the fixture folder, for example <c>modules/identity.pt</c>.</param>
    /// <exception cref="FileNotFoundException">No script made such a file.</exception>
    public static string PathOf(string name)
    {
        string path = Path.Combine(MadeFolder.Value, name);
        return File.Exists(path) || Directory.Exists(path)
            ? path
            : throw new FileNotFoundException($"tests/fixtures makes no '{name}'.", path);
    }

    private static string Make()
    {
        string scripts = Path.Combine(RepositoryRoot, "tests", "fixtures");
        string folder = Path.Combine(RepositoryRoot, "artifacts", "fixtures");
        Directory.CreateDirectory(folder);

        // Test assemblies run side by side: one makes the files, the others wait for it.
        using FileStream gate = WaitForGate(Path.Combine(folder, ".lock"));
        string stampFile = Path.Combine(folder, ".made-from");
        string stamp = HashOf(scripts);
        if (File.Exists(stampFile) && File.ReadAllText(stampFile) == stamp)
            return folder;

        ProcessStartInfo start = new("/usr/bin/python3") { RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(scripts, "make.py"));
        start.ArgumentList.Add(folder);
        using Process python = Process.Start(start)!;
        string errors = python.StandardError.ReadToEnd();
        python.WaitForExit();
        if (python.ExitCode != 0)
            throw new InvalidOperationException($"tests/fixtures/make.py failed; ./test.sh installs what it needs.\n{errors}");

        File.WriteAllText(stampFile, stamp);
        return folder;
    }

    private static FileStream WaitForGate(string path)
    {
        long deadline = Environment.TickCount64 + 5 * 60_000;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Environment.TickCount64 < deadline)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static string HashOf(string scripts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string script in Directory.EnumerateFiles(scripts, "*.py").Order(StringComparer.Ordinal))
            hash.AppendData(File.ReadAllBytes(script));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Eisen.Serve.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("The tests run from inside the repository; no Eisen.Serve.sln is above them.");
    }
}
