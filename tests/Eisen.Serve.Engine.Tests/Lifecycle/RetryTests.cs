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

        await PassAsync(TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => models.Registry.Find("flaky")!.Default is { Status.State: ModelState.Failed } again && again != failed);
        // What ends the failed version's workers looks at the clock, too.
        await Answers.UntilAsync(() => models.Logger.Messages.Count(IsRetry) == 2);
        File.Delete(config.ArchivePath);
        models.Pack("double", "handler:\n  input_shape: [2]\n", name: "flaky");
        await PassAsync(TimeSpan.FromSeconds(1));
        models.Registry.Find("flaky")!.Default.Status.State.ShouldBe(ModelState.Failed, "the second pause is longer");
        await PassAsync(TimeSpan.FromSeconds(1));

        await Answers.UntilAsync(() => models.Registry.Find("flaky")!.Default.Status.State == ModelState.Ready);
        (await models.Registry.Find("flaky")!.Default.AskAsync("[1]")).Text().ShouldBe("[2.0]");
    }

    [Fact]
    public async Task LoadAsync_TimeIsOver_IsNotTriedAnyMore()
    {
        await models.Reconciler.LoadAsync(models.Pack("raises", "maxRetryTimeoutInSec: 2\nhandler:\n  input_shape: [2]\n"), CancellationToken.None);

        await PassAsync(TimeSpan.FromSeconds(1));
        await Answers.UntilAsync(() => models.Logger.Messages.Count(IsFailure) == 2);
        await Task.Delay(50);

        time.Pending.ShouldBe(0);
    }

    [Fact]
    public async Task LoadAsync_ArchiveAsksForWhatCannotBe_IsNotTriedAgain()
    {
        await models.Reconciler.LoadAsync(models.Pack("double", "handler:\n  dtype: int7\n"), CancellationToken.None);

        time.Pending.ShouldBe(0);
        models.Logger.Messages.ShouldNotContain(message => message.Contains("tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UnloadAsync_FailedVersion_EndsTheTrying()
    {
        await models.Reconciler.LoadAsync(models.Pack("raises", "handler:\n  input_shape: [2]\n"), CancellationToken.None);

        await models.Reconciler.UnloadAsync(models.Registry.Find("raises")!.Default, Models.Patience);
        await PassAsync(TimeSpan.FromSeconds(1));
        await Task.Delay(50);

        models.Registry.Find("raises").ShouldBeNull();
        models.Logger.Messages.Count(IsFailure).ShouldBe(1);
    }

    public void Dispose() => models.Dispose();

    private static bool IsFailure(string message) => message.Contains("cannot be loaded", StringComparison.Ordinal);

    private static bool IsRetry(string message) => message.Contains("is tried again in", StringComparison.Ordinal);

    private async Task PassAsync(TimeSpan by)
    {
        await Answers.UntilAsync(() => time.Pending > 0);
        time.Advance(by);
    }
}
