using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Client.Tests;

/// <summary>The packages that a caller installs.</summary>
public sealed class PackageTests
{
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;

    [Theory]
    [InlineData("Eisen.Serve.Client", "Eisen.Serve.Data", "Microsoft.Extensions.Http")]
    [InlineData("Eisen.Serve.Data")]
    public void Pack_Package_HasLibraryDocsReadmeAndDependencies(string name, params string[] dependencies)
    {
        string folder = Directory.CreateTempSubdirectory("eisen-serve-test-").FullName;
        try
        {
            Run("dotnet", "pack", Path.Combine(Fixtures.RepositoryRoot, "src", name), "--no-build", "-c", Configuration, "-o", folder, "--nologo", "-v", "quiet");

            string package = Directory.GetFiles(folder, "*.nupkg").ShouldHaveSingleItem();
            using ZipArchive zip = ZipFile.OpenRead(package);
            string[] files = [.. zip.Entries.Select(entry => entry.FullName)];
            files.ShouldContain($"lib/net10.0/{name}.dll");
            files.ShouldContain($"lib/net10.0/{name}.xml");
            files.ShouldContain("README.md");
            using Stream nuspec = zip.GetEntry($"{name}.nuspec").ShouldNotBeNull().Open();
            XElement metadata = XDocument.Load(nuspec).Root.ShouldNotBeNull().Elements().Single();
            Value(metadata, "id").ShouldBe(name);
            Value(metadata, "license").ShouldBe("Apache-2.0");
            Value(metadata, "readme").ShouldBe("README.md");
            string[] needed = [.. metadata.Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value).Order()];
            foreach (string dependency in dependencies)
                needed.ShouldContain(dependency);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Value(XElement metadata, string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;

    private static void Run(string command, params string[] args)
    {
        ProcessStartInfo start = new(command, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, output + errors.Result);
    }
}
