using Eisen.Serve.Testing;

namespace Eisen.Serve.Engine.Tests.Lifecycle;

public sealed class RetryTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly Models models;

    public RetryTests() => models = new Models(time);

    [Fact]
    public async Task LoadAsync_WorkerFailsThenWorks_IsTriedAgainWithLongerPauses()
    {
        ModelConfig config = models.Pack("raises", "maxRetryTimeoutInSec: 10\nhandler:\n  input_shape: [2]\n", name: "flaky");
        (await models.Reconciler.LoadAsync(config, CancellationToken.None)).IsReady.ShouldBeFalse();
        ModelVersion failed = models.Registry.Find("flaky")!.Default;
        failed.Status.State.ShouldBe(ModelState.Failed);

        await PauseBeginsAsync(1);
        time.Advance(TimeSpan.FromSeconds(1));
        await PauseBeginsAsync(2);
        models.Registry.Find("flaky")!.Default.ShouldNotBe(failed);
        File.Delete(config.ArchivePath);
        models.Pack("double", "handler:\n  input_shape: [2]\n", name: "flaky");
        time.Advance(TimeSpan.FromSeconds(1));
        models.Registry.Find("flaky")!.Default.Status.State.ShouldBe(ModelState.Failed, "the second pause is longer");
        time.Advance(TimeSpan.FromSeconds(1));

        await Answers.UntilAsync(() => models.Registry.Find("flaky")!.Default.Status.State == ModelState.Ready);
        (await models.Registry.Find("flaky")!.Default.AskAsync("[1]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task LoadAsync_TimeIsOver_IsNotTriedAnyMore()
    {
        await models.Reconciler.LoadAsync(models.Pack("raises", "maxRetryTimeoutInSec: 2\nhandler:\n  input_shape: [2]\n"), CancellationToken.None);

        await PauseBeginsAsync(1);
        time.Advance(TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => models.Logger.Messages.Any(message => message.Contains("is not tried again", StringComparison.Ordinal)));

        models.Logger.Messages.Count(IsFailure).ShouldBe(2);
    }

    [Fact]
    public async Task LoadAsync_ArchiveAsksForWhatCannotBe_IsNotTriedAgain()
    {
        await models.Reconciler.LoadAsync(models.Pack("double", "handler:\n  dtype: int7\n"), CancellationToken.None);

        time.Pending.ShouldBe(0);
        models.Logger.Messages.ShouldNotContain(message => message.Contains("is tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_ArchiveIsGone_IsNotTriedAnyMoreAndSaysWhy()
    {
        ModelConfig config = models.Pack("raises", "handler:\n  input_shape: [2]\n");
        await models.Reconciler.LoadAsync(config, CancellationToken.None);
        ModelVersion failed = models.Registry.Find("raises")!.Default;
        failed.IsTriedAgain.ShouldBeTrue();
        await PauseBeginsAsync(1);
        File.Delete(config.ArchivePath);

        time.Advance(TimeSpan.FromSeconds(1));

        await Answers.UntilAsync(() => !failed.IsTriedAgain);
        models.Logger.Messages.ShouldContain(message => message.Contains("is not tried again: ", StringComparison.Ordinal));
        failed.Status.State.ShouldBe(ModelState.Failed);
    }

    [Fact]
    public async Task LoadAsync_FetchedArchiveFails_IsNotTriedAgainAndSaysWhatHelps()
    {
        ModelConfig config = models.Pack("raises", "handler:\n  input_shape: [2]\n") with { IsFetched = true };
        LoadOutcome outcome = await models.Reconciler.LoadAsync(config, CancellationToken.None);
        File.Delete(config.ArchivePath);
        ModelVersion failed = models.Registry.Find("raises")!.Default;

        failed.IsTriedAgain.ShouldBeFalse();
        await Answers.UntilAsync(() => time.Pending == 0);
        outcome.Reason.ShouldNotBeNull().ShouldEndWith("(its archive was fetched and is not kept; register it again)");
        failed.MustBeRegisteredAgain.ShouldBeTrue();
        (await models.Reconciler.ScaleAsync(failed, new WorkerRange(1, 1), CancellationToken.None)).ShouldBe("its archive was fetched and is not kept; register it again");

        models.Pack("double", "handler:\n  input_shape: [2]\n", name: "raises");
        (await models.LoadAsync(config)).Status.State.ShouldBe(ModelState.Ready);
    }

    [Fact]
    public async Task UnloadAsync_FailedVersion_EndsTheTrying()
    {
        await models.Reconciler.LoadAsync(models.Pack("raises", "handler:\n  input_shape: [2]\n"), CancellationToken.None);

        await models.Reconciler.UnloadAsync(models.Registry.Find("raises")!.Default, Models.Patience);
        await PauseBeginsAsync(1);
        time.Advance(TimeSpan.FromSeconds(1));
        await Task.Delay(50);

        models.Registry.Find("raises").ShouldBeNull();
        models.Logger.Messages.Count(IsFailure).ShouldBe(1);
    }

    public void Dispose() => models.Dispose();

    private static bool IsFailure(string message) => message.Contains("cannot be loaded", StringComparison.Ordinal);

    /// <summary>Waits until the pause before this retry, counted from 1, has begun.</summary>
    private Task PauseBeginsAsync(int retry) =>
        Answers.UntilAsync(() => models.Logger.Messages.Count(message => message.Contains("is tried again", StringComparison.Ordinal)) == retry);
}
