using System.Diagnostics;
using System.Text.RegularExpressions;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Python.Tests;

/// <summary>Runs the tests of what runs in the workers. They are in Python, in tests/python.</summary>
public sealed partial class WorkerCodeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static string Folder => Path.Combine(Fixtures.RepositoryRoot, "tests", "python");

    /// <summary>The test classes, as <c>module.Class</c>.</summary>
    public static TheoryData<string> Classes()
    {
        TheoryData<string> classes = [];
        foreach (string file in Directory.EnumerateFiles(Folder, "test_*.py").Order(StringComparer.Ordinal))
        {
            foreach (Match found in TestClass().Matches(File.ReadAllText(file)))
                classes.Add($"{Path.GetFileNameWithoutExtension(file)}.{found.Groups[1].Value}");
        }

        return classes;
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task TestsOfClass_OnTheSystemsPython_Pass(string name)
    {
        ProcessStartInfo start = new("/usr/bin/python3", ["-m", "unittest", name])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process python = Process.Start(start)!;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> output = python.StandardOutput.ReadToEndAsync(patience.Token);
            string report = await python.StandardError.ReadToEndAsync(patience.Token) + await output;
            await python.WaitForExitAsync(patience.Token);
            python.ExitCode.ShouldBe(0, report);
            report.ShouldNotContain("Ran 0 tests");
        }
        finally
        {
            python.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex(@"^class (\w+Tests)\(", RegexOptions.Multiline)]
    private static partial Regex TestClass();
}
