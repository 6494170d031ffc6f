using System.IO.Compression;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

public sealed class ModelReconcilerTests : IDisposable
{
    private readonly Models models = new();

    [Fact]
    public async Task LoadAsync_GoodArchive_Answers()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", "handler:\n  dtype: int64\n", workers: 2));

        version.Status.State.ShouldBe(ModelState.Ready);
        version.Workers.Count.ShouldBe(2);
        version.Workers.ShouldAllBe(worker => worker.State == WorkerState.Ready && worker.Id >= 9000);
        version.Workers.Select(worker => worker.Id).Distinct().Count().ShouldBe(2);
        (await version.AskAsync("[1,2]")).Text().ShouldBe("[2,4]");
        models.Logger.Messages.Single().ShouldStartWith("Information: Model double 1.0 is ready: 2 worker(s) on cpu, loaded in ");
    }

    [Fact]
    public async Task LoadAsync_WithAName_RegistersByThatName()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double") with { Name = "mine" });

        version.Name.ShouldBe("mine");
        models.Registry.Find("double").ShouldBeNull();
    }

    [Fact]
    public async Task LoadAsync_SameNameAndVersionAgain_IsRefused()
    {
        ModelVersion first = await models.LoadAsync(models.Pack("double", name: "m"));
        LoadOutcome second = await models.Reconciler.LoadAsync(first.Config, CancellationToken.None);

        second.Reason.ShouldBe("version 1.0 of model m is loaded already");
        models.Unpacked.Count.ShouldBe(1);
        (await first.AskAsync("[1]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task LoadAsync_SameArchiveFromManyTasks_LoadsItOnce()
    {
        ModelConfig config = models.Pack("double");

        LoadOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => models.Reconciler.LoadAsync(config, CancellationToken.None)));

        outcomes.Count(outcome => outcome.IsReady).ShouldBe(1);
        models.Unpacked.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("no_forward", "", "no forward method")]
    [InlineData("linear", "handler:\n  input_shape: [5]\n", "1x5 and 4x2")]
    [InlineData("raises", "handler:\n  input_shape: [5]\n", "the scan has no brain in it")]
    [InlineData("double", "handler:\n  dtype: float8\n  input_shape: no\n", "handler.dtype must be a dtype such as float32 or int64, not \"float8\"; handler.input_shape must be")]
    [InlineData("double", "deviceType: tpu\n", "deviceType is 'tpu'; it can be cpu or gpu")]
    public async Task LoadAsync_CannotBeLoaded_StaysRegisteredAsFailed(string module, string settings, string reason)
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Pack(module, settings), CancellationToken.None);

        outcome.IsReady.ShouldBeFalse();
        outcome.Reason!.ShouldStartWith($"{module}-1.0.mar: ");
        outcome.Reason!.ShouldContain(reason);
        outcome.Reason!.ShouldNotContain("\n");
        models.Registry.Find(module, null, out ModelVersion? version).ShouldBe(PredictionError.None);
        version!.Status.State.ShouldBe(ModelState.Failed);
        version.Status.Reason.ShouldBe(outcome.Reason);
        models.Unpacked.ShouldBeEmpty();
        HandlerAnswer answer = await version.AskAsync("[1]");
        answer.Error.ShouldBe(PredictionError.NoWorker);
        answer.Message.ShouldBe($"model {module} 1.0 failed to load: {outcome.Reason}");
        models.Logger.Messages.ShouldContain($"Error: Model {module} 1.0 cannot be loaded: {outcome.Reason}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task LoadAsync_BrokenModule_FailsWithOneLine(int kind)
    {
        byte[] good = await File.ReadAllBytesAsync(Eisen.Serve.Testing.Fixtures.PathOf("modules/linear.pt"));
        byte[] broken = kind switch { 0 => [], 1 => good[..(good.Length / 2)], _ => "not a module"u8.ToArray() };

        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Pack(broken, "broken"), CancellationToken.None);

        outcome.Reason!.ShouldStartWith("broken-1.0.mar: ");
        outcome.Reason!.Length.ShouldBeInRange(30, 400);
        outcome.Reason!.ShouldNotContain("\n");
        models.Registry.Find("broken")!.Default.Status.State.ShouldBe(ModelState.Failed);
        models.Unpacked.ShouldBeEmpty();
    }

    [Fact]
    public async Task LoadAsync_WrongHandler_SaysWhatThereIs()
    {
        (await models.Reconciler.LoadAsync(models.Pack("double", name: "a", handler: "something_else"), CancellationToken.None)).Reason.ShouldNotBeNull()
            .ShouldStartWith("a-1.0.mar: there is no handler 'something_else', built in or in the archive; there is base_handler, eisen, image_classifier");
        (await models.Reconciler.LoadAsync(models.Pack("double", name: "b", handler: "esc\u001b[31m\r\u2028x"), CancellationToken.None)).Reason.ShouldNotBeNull()
            .ShouldStartWith("b-1.0.mar: there is no handler 'esc\\u001B[31m\\u000D\\u2028x', built in or in the archive; there is base_handler");
    }

    [Theory]
    [InlineData("text_classifer", "did you mean 'text_classifier'?")]
    [InlineData("gone.py", "there is no file 'gone.py' in the archive")]
    [InlineData("Gone.dll:A.B", "there is no file 'Gone.dll' in the archive")]
    public async Task LoadAsync_RegisteredWithAHandlerThatThereIsNot_IsRefusedAndNotRegistered(string handler, string reason)
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Pack("double") with { Handler = handler, LoadedAtStartup = false }, CancellationToken.None);

        outcome.Failure.ShouldBe(LoadFailure.BadArchive);
        outcome.Reason.ShouldNotBeNull().ShouldContain(reason);
        models.Registry.Models.ShouldBeEmpty();
        models.Unpacked.ShouldBeEmpty();
    }

    [Fact]
    public async Task LoadAsync_RegisteredModuleThatTorchCannotLoad_IsRefusedUnlessSomebodyWasAnsweredBefore()
    {
        byte[] module = WithBrokenCode("double");
        ModelConfig config = models.Pack(module, "broken", workers: 1) with { LoadedAtStartup = false };

        LoadOutcome outcome = await models.Reconciler.LoadAsync(config, CancellationToken.None);

        outcome.Failure.ShouldBe(LoadFailure.BadArchive);
        outcome.Reason.ShouldNotBeNull().ShouldStartWith("broken-1.0.mar: model.pt cannot be loaded: ");
        models.Registry.Models.ShouldBeEmpty();

        TaskCompletionSource opened = new();
        (await models.Reconciler.LoadAsync(config, CancellationToken.None, opened)).Failure.ShouldBe(LoadFailure.NotStarted);
        opened.Task.IsCompleted.ShouldBeTrue();
        models.Registry.Find("broken")!.Default.Status.State.ShouldBe(ModelState.Failed);
    }

    [Fact]
    public async Task LoadAsync_ModuleThatTorchCannotLoadAtTheStart_IsNotTriedAgain()
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(models.Pack(WithBrokenCode("double"), "broken"), CancellationToken.None);

        outcome.Reason.ShouldNotBeNull();
        models.Registry.Find("broken")!.Default.IsTriedAgain.ShouldBeFalse();
    }

    [Fact]
    public async Task LoadAsync_HandlerOfTheRegistration_GoesBeforeTheManifests()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", handler: "tensor") with { Handler = "base_handler" });

        version.Handler.ShouldBe(new HandlerChoice("base_handler", HandlerPlace.InProcess, "the registration asks for it, it is built in, and 'model.pt' is a TorchScript module"));
        (await version.AskAsync("[1]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task LoadAsync_NoArchive_IsRefusedAndNotRegistered()
    {
        LoadOutcome outcome = await models.Reconciler.LoadAsync(new ModelConfig { Url = "gone.mar", ArchivePath = "/nowhere/gone.mar" }, CancellationToken.None);

        outcome.Name.ShouldBe("gone.mar");
        outcome.Version.ShouldBeNull();
        outcome.Reason!.ShouldStartWith("gone.mar: ");
        models.Registry.Models.ShouldBeEmpty();
    }

    [Fact]
    public async Task LoadAsync_TimeoutsThatMeanForever_Answers()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", "responseTimeout: 2147483647\nstartupTimeout: 2147483647\n"));

        (await version.AskAsync("[1]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task LoadAsync_NoWorkers_IsReadyAndSaysThereIsNone()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", workers: 0));

        HandlerAnswer answer = await version.AskAsync("[1]");

        answer.Error.ShouldBe(PredictionError.NoWorker);
        answer.Message.ShouldBe("model double 1.0 has no worker");
    }

    [Fact]
    public async Task UnloadAsync_Loaded_LeavesNothing()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("double", workers: 2));
        models.Unpacked.Count.ShouldBe(1);

        await models.Reconciler.UnloadAsync(version, Models.Patience);

        version.Status.State.ShouldBe(ModelState.Unloaded);
        version.Workers.ShouldAllBe(worker => worker.State == WorkerState.Stopped);
        models.Unpacked.ShouldBeEmpty();
        HandlerAnswer answer = await version.AskAsync("[1]");
        answer.Error.ShouldBe(PredictionError.NoWorker);
        answer.Message.ShouldBe("model double 1.0 is being unloaded");
        models.Logger.Messages.ShouldContain("Information: Model double 1.0 is unloaded.");
    }

    [Fact]
    public async Task UnloadAsync_Failed_MakesRoomForAnother()
    {
        await models.Reconciler.LoadAsync(models.Pack("no_forward", name: "m"), CancellationToken.None);
        await models.Reconciler.UnloadAsync(models.Registry.Find("m")!.Default, Models.Patience);

        models.Registry.Find("m").ShouldBeNull();
        await models.LoadAsync(models.Pack("double") with { Name = "m" });
    }

    [Fact]
    public async Task UnloadAsync_64PredictionsUnderWay_AnswersEach()
    {
        ModelVersion version = await models.LoadAsync(models.Pack("sleeps", "batchSize: 4\n", workers: 2));
        Task<HandlerAnswer>[] asked = [.. Enumerable.Range(0, 64).Select(i => Task.Run(() => version.AskAsync($"[{i % 7}]")))];
        await Answers.UntilAsync(() => asked.Any(each => each.IsCompleted));

        await models.Reconciler.UnloadAsync(version, Models.Patience);
        HandlerAnswer[] answers = await Task.WhenAll(asked);

        for (int i = 0; i < answers.Length; i++)
        {
            if (answers[i].Error != PredictionError.NoWorker)
                answers[i].Text().ShouldBe($"[{i % 7}.0]");
        }

        answers.Count(answer => answer.Error == PredictionError.None).ShouldBeGreaterThan(0);
        models.Unpacked.ShouldBeEmpty();
    }

    public void Dispose() => models.Dispose();

    // Its form is TorchScript's; what is in it is not.
    private static byte[] WithBrokenCode(string module)
    {
        using MemoryStream changed = new();
        changed.Write(File.ReadAllBytes(Fixtures.PathOf($"modules/{module}.pt")));
        using (ZipArchive zip = new(changed, ZipArchiveMode.Update, leaveOpen: true))
        {
            foreach (string code in zip.Entries.Select(entry => entry.FullName).Where(name => name.EndsWith(".py", StringComparison.Ordinal)).ToArray())
            {
                zip.GetEntry(code)!.Delete();
                using Stream entry = zip.CreateEntry(code).Open();
                entry.Write("not a program"u8);
            }
        }

        return changed.ToArray();
    }
}
