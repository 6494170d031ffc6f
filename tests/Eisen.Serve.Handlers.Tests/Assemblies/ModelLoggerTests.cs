using Eisen.Serve.Testing;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers.Tests.Assemblies;

public sealed class ModelLoggerTests
{
    private readonly CollectingLogger<ModelLoggerTests> log = new();
    private readonly ManualTime time = new();

    [Fact]
    public void Log_MessageAndException_AreLinesWithTheModelsName()
    {
        ModelLogger logger = new("brain_1.0", log, time);

        logger.LogError(new InvalidOperationException("first\nsecond"), "failed on {Slice}", 7);

        log.Messages.ShouldBe(["Error: brain_1.0: failed on 7", "Error: brain_1.0: System.InvalidOperationException: first", "Error: brain_1.0: second"]);
    }

    [Fact]
    public void Log_WithoutEnd_KeepsAMebibyteASecondAndCountsTheRest()
    {
        ModelLogger logger = new("brain_1.0", log, time);
        for (int i = 0; i < 10_000; i++)
            logger.LogInformation("{Text}", new string('x', 2 * LogBudget.LongestLine));
        int kept = log.Messages.Count;
        kept.ShouldBe(LogBudget.BytesPerSecond / (LogBudget.LongestLine + 100));
        log.Messages.First().ShouldEndWith($"... ({LogBudget.LongestLine} characters more)");

        time.Advance(TimeSpan.FromSeconds(1));
        logger.LogInformation("later");

        log.Messages.Skip(kept).ShouldBe([$"Warning: brain_1.0: {10_000 - kept} line(s) were left out, as its handler logs more than a mebibyte a second.", "Information: brain_1.0: later"]);
    }
}
