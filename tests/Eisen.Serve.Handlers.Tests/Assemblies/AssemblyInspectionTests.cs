namespace Eisen.Serve.Handlers.Tests.Assemblies;

/// <summary>What is said of an assembly before any of its code runs.</summary>
public sealed class AssemblyInspectionTests
{
    [Theory]
    [InlineData("Acme.Handlers.SumHandler")]
    [InlineData("Acme.Handlers.CountsDown")]
    [InlineData("Acme.Handlers.AnswersTooFew")]
    public void Of_Handler_IsFine(string name)
    {
        using AcmeArchive archive = new();

        AssemblyInspection inspection = AssemblyInspection.Of(archive.Folder, new HandlerClass("Acme.Handlers.dll", name));

        inspection.Problems.ShouldBeEmpty();
        inspection.ClassName.ShouldBe(name);
    }

    [Theory]
    [InlineData("Acme.Handlers.Sumhandler", "has no class 'Acme.Handlers.Sumhandler'; it has", "Acme.Handlers.SumHandler")]
    [InlineData("Acme.Handlers.Labels", "'Acme.Handlers.Labels' is no handler", "ArrayHandler, StreamHandler or BatchHandler")]
    [InlineData("Acme.Handlers.Gate", "must be public, and neither abstract nor generic")]
    [InlineData(null, "has several handlers: name the class, Acme.Handlers.dll:NAMESPACE.CLASS", "Acme.Handlers.CountsDown")]
    public void Of_ClassThatCannotBeTheHandler_SaysWhichCan(string? name, params string[] told)
    {
        using AcmeArchive archive = new();

        string problem = AssemblyInspection.Of(archive.Folder, new HandlerClass("Acme.Handlers.dll", name)).Problems.ShouldHaveSingleItem();

        foreach (string each in told)
            problem.ShouldContain(each);
    }

    [Fact]
    public void Of_AssemblyThatIsNeeded_IsNamed()
    {
        using AcmeArchive archive = new(leftOut: "Acme.Measures.dll");

        AssemblyInspection.Of(archive.Folder, new HandlerClass("Acme.Handlers.dll", "Acme.Handlers.SumHandler")).Problems
            .ShouldHaveSingleItem().ShouldBe("'Acme.Handlers.dll' needs Acme.Measures.dll, which is not in the archive: add it with --extra-files");
    }

    [Fact]
    public void Of_AssemblyWithoutHandlers_SaysWhatIsMissing()
    {
        using AcmeArchive archive = new();

        AssemblyInspection.Of(archive.Folder, new HandlerClass("Acme.Measures.dll", "Acme.Measures.Total")).Problems
            .ShouldHaveSingleItem().ShouldContain("does not refer to Eisen.Serve.Handlers.Contract, of the package Eisen.Serve.Handlers");
    }

    [Theory]
    [InlineData("not an assembly")]
    [InlineData("MZ")]
    [InlineData("")]
    public void Of_FileThatIsNoAssembly_SaysSo(string content)
    {
        using TemporaryFolder folder = new TemporaryFolder().With("Acme.dll", content);

        AssemblyInspection.Of(folder.Path, new HandlerClass("Acme.dll", "A")).Problems.ShouldHaveSingleItem().ShouldBe("'Acme.dll' is not a .NET assembly");
    }

    // Whoever takes archives from others inspects what somebody may have written by hand.
    [Fact]
    public void Of_DamagedAssembly_NeverThrows()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(AcmeArchive.BuiltFolder, "Acme.Handlers.dll"));
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "Acme.dll");
        Random random = new(1);
        for (int round = 0; round < 500; round++)
        {
            byte[] damaged = whole[..random.Next(1, whole.Length + 1)];
            for (int i = 0; i < 20; i++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, damaged);

            Should.NotThrow(() => AssemblyInspection.Of(folder.Path, new HandlerClass("Acme.dll", "Acme.Handlers.SumHandler")));
        }
    }
}
