using System.Runtime.Loader;
using Eisen.Serve.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Handlers.Tests.Assemblies;

public sealed class HandlerFactoryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Create_CodeIsNotAllowed_SaysWhatWasFoundAndWhatAllowsIt()
    {
        using AcmeArchive archive = new();
        HandlerFactory factory = new(allowsArchiveCode: false, null, TimeProvider.System, NullLoggerFactory.Instance);

        Should.Throw<HandlerConfigurationException>(() => factory.Create("Acme.Handlers.dll:Acme.Handlers.SumHandler", archive.Context(), EnvelopeKind.None, Patience, CancellationToken.None)).Message
            .ShouldBe("its handler 'Acme.Handlers.dll:Acme.Handlers.SumHandler' is C# code that the archive brings and that would run inside the server; for archives that you trust, allow_archive_code=true in config.properties allows it");
    }

    [Fact]
    public async Task Create_ConstructorHangs_GivesUpAndLetsGoWhenItReturns()
    {
        using AcmeArchive archive = new();
        string gate = Path.Combine(archive.Folder, "gate");
        bool IsLoaded() => AssemblyLoadContext.All.Any(context => context.Name!.EndsWith("HangsInConstructor", StringComparison.Ordinal));
        ManualTime time = new();
        HandlerFactory factory = new(allowsArchiveCode: true, null, time, NullLoggerFactory.Instance);

        Task<IModelHandler> creating = Task.Run(() => factory.Create("Acme.Handlers.dll:Acme.Handlers.HangsInConstructor", archive.Context($$"""{"gate": "{{gate}}"}"""), EnvelopeKind.None, Patience, CancellationToken.None));
        SpinWait.SpinUntil(() => File.Exists($"{gate}.reached"), Patience).ShouldBeTrue();
        while (!creating.IsCompleted)
        {
            time.Advance(Patience);
            await Task.Yield();
        }

        (await Should.ThrowAsync<TimeoutException>(() => creating)).Message.ShouldBe(
            "the constructor of its handler 'Acme.Handlers.dll:Acme.Handlers.HangsInConstructor' did not return within startupTimeout, 60 s; until it does, its assembly stays in memory");
        File.WriteAllText(gate, "");
        SpinWait.SpinUntil(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !IsLoaded();
        }, Patience).ShouldBeTrue();
    }

    [Fact]
    public void Create_BuiltInName_NeedsNoPermission()
    {
        using AcmeArchive archive = new();

        new HandlerFactory(allowsArchiveCode: false, null, TimeProvider.System, NullLoggerFactory.Instance).Create("base_handler", archive.Context(), EnvelopeKind.None, Patience, CancellationToken.None)
            .ShouldBeOfType<BaseHandler>();
    }
}
