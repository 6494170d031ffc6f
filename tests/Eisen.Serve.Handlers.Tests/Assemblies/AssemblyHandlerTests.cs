using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text;

namespace Eisen.Serve.Handlers.Tests.Assemblies;

public sealed class AssemblyHandlerTests
{
    [Fact]
    public void Handle_ArrayHandler_GetsEachItsOwnAnswer()
    {
        using AcmeArchive archive = new();
        using CountedModule module = new("double");
        using AssemblyHandler handler = archive.Make("Acme.Handlers.SumHandler", """{"scale": 10}""");

        string[] answers = Ask(handler, module, "1 2", "3 4", "nothing", "5");

        answers[0].ShouldBe("""{"label":"brain","total":60,"times":1}""");
        answers[1].ShouldBe("""{"label":"brain","total":140,"times":2}""");
        answers[2].ShouldBe("BadInput: the body must be numbers with spaces between");
        answers[3].ShouldStartWith("""{"label":"brain","total":100,""");
        module.Inputs.ShouldBe(["float32[2, 2]", "float32[1, 1]"], "those of one shape share a forward");
        module.ResultsDisposed.ShouldBe(2);
        archive.ModelLog.Messages.ShouldContain("Information: acme_1.0: a sum of 2 numbers for acme");
    }

    [Fact]
    public void Handle_EncodeThrows_FailsForThatRequestAlone()
    {
        using AcmeArchive archive = new();
        using CountedModule module = new("double");
        using AssemblyHandler handler = archive.Make("Acme.Handlers.ThrowsInEncode");

        string[] answers = Ask(handler, module, "[1]", "[-1]", "[3]");

        answers[0].ShouldBe("[\n  2.0\n]");
        answers[1].ShouldStartWith("ModelFailed: System.InvalidOperationException: the mask is empty");
        answers[1].ShouldContain("FaultyHandlers.cs:line", Case.Sensitive, "the symbols were read");
        answers[2].ShouldBe("[\n  6.0\n]");
        module.ResultsDisposed.ShouldBe(1);
    }

    [Fact]
    public void Make_TwoOfOneAssembly_ShareNothing()
    {
        using AcmeArchive archive = new();
        using CountedModule module = new("double");
        using AssemblyHandler one = archive.Make("Acme.Handlers.SumHandler");
        using AssemblyHandler other = archive.Make("Acme.Handlers.SumHandler");

        Ask(one, module, "1").Single().ShouldContain("\"times\":1");
        Ask(one, module, "1").Single().ShouldContain("\"times\":2");
        Ask(other, module, "1").Single().ShouldContain("\"times\":1");
    }

    [Fact]
    public void Make_ConstructorThrows_LetsItsExceptionThrough()
    {
        using AcmeArchive archive = new();

        Should.Throw<InvalidOperationException>(() => archive.Make("Acme.Handlers.ThrowsInConstructor")).Message.ShouldBe("the scanner is not calibrated");
    }

    [Fact]
    public void Dispose_HandlersServices_AreDisposedWithIt()
    {
        using AcmeArchive archive = new();
        string file = Path.Combine(archive.Folder, "disposed");
        AssemblyHandler handler = archive.Make("Acme.Handlers.SumHandler", $$"""{"disposedFile": "{{file}}"}""");

        handler.Dispose();
        handler.Dispose();

        File.ReadAllLines(file).ShouldBe(["1.0"]);
    }

    [Fact]
    public void Dispose_HundredTimes_EveryAssemblyGoes()
    {
        using AcmeArchive archive = new();
        using CountedModule module = new("double");
        List<WeakReference> contexts = [.. Enumerable.Range(0, 100).Select(_ => MakeAskAndDispose(archive, module))];

        // One collection finds what nothing holds; finalizers then let go of the rest.
        for (int i = 0; i < 20 && contexts.Any(context => context.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        contexts.Count(context => context.IsAlive).ShouldBe(0);
        File.Delete(Path.Combine(archive.Folder, "Acme.Handlers.dll"));
        File.ReadAllText("/proc/self/maps").ShouldNotContain("Acme.");
    }

    // A method of its own: what a test's own variables hold does not go.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference MakeAskAndDispose(AcmeArchive archive, CountedModule module)
    {
        using AssemblyHandler handler = archive.Make("Acme.Handlers.SumHandler");
        Ask(handler, module, "1 2").Single().ShouldContain("brain");
        return new WeakReference(AssemblyLoadContext.All.Last(context => context.Name == "acme 1.0: Acme.Handlers.SumHandler"));
    }

    private static string[] Ask(AssemblyHandler handler, CountedModule module, params string[] bodies)
    {
        HandlerRequest[] batch = [.. bodies.Select(body => new HandlerRequest([new RequestPart("body", null, Encoding.UTF8.GetBytes(body))]))];
        IReadOnlyList<HandlerAnswer> answers = handler.Handle(batch, module, CancellationToken.None);
        string[] texts = [.. answers.Select(answer => answer.Error == PredictionError.None ? Encoding.UTF8.GetString(answer.Content.Span) : $"{answer.Error}: {answer.Message}")];
        foreach (IDisposable each in (IEnumerable<IDisposable>)[.. answers, .. batch])
            each.Dispose();
        return texts;
    }
}
