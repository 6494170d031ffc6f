using System.Text;
using Eisen.Serve.Handlers;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Python.Tests.Processes;

public sealed class ModelLogTests
{
    private readonly CollectingLogger<ModelLogTests> logger = new();
    private readonly ManualTime time = new();
    private readonly ModelLog log;

    public ModelLogTests() => log = new ModelLog("W", logger, time);

    [Theory]
    [InlineData("plain\n", false, "Information: W: plain")]
    [InlineData("plain\n", true, "Warning: W: plain")]
    [InlineData("no newline", true, "Warning: W: no newline")]
    [InlineData("\u001eEan error\n", false, "Error: W: an error")]
    [InlineData("\u001eWa warning\r\n", false, "Warning: W: a warning")]
    [InlineData("\u001eDdetails\n", true, "Debug: W: details")]
    [InlineData("\u001e?odd\n", false, "Information: W: odd")]
    public async Task ReadAsync_OneLine_HasItsLevel(string text, bool isError, string expected)
    {
        await ReadAsync(text, isError);

        logger.Messages.ShouldBe([expected]);
    }

    [Fact]
    public async Task ReadAsync_LinesInPieces_ArePutTogether()
    {
        await log.ReadAsync(new TricklingStream("one\n\n  two\nthree"u8.ToArray()), isError: false);

        logger.Messages.ShouldBe(["Information: W: one", "Information: W:   two", "Information: W: three"]);
    }

    [Fact]
    public async Task ReadAsync_LineWithoutEnd_IsCut()
    {
        await ReadAsync(new string('x', 100_000) + "\nnext\n", isError: false);

        logger.Messages.First().ShouldBe($"Information: W: {new string('x', LogBudget.LongestLine)} ... ({100_000 - LogBudget.LongestLine} bytes more)");
        logger.Messages.Last().ShouldBe("Information: W: next");
    }

    [Fact]
    public async Task ReadAsync_MoreThanASecondTakes_IsLeftOutAndCounted()
    {
        const int Lines = 50_000;
        await ReadAsync(string.Concat(Enumerable.Repeat("a line\n", Lines)), isError: false);
        int written = logger.Messages.Count - 1;
        time.Advance(TimeSpan.FromSeconds(1));
        await ReadAsync("after\n", isError: false);

        written.ShouldBeInRange(5_000, 20_000);
        logger.Messages.ShouldContain($"Warning: W: {Lines - written} line(s) were left out, as it prints more than a mebibyte a second.");
        logger.Messages.Last().ShouldBe("Information: W: after");
    }

    [Fact]
    public async Task LastError_AfterATraceback_IsItsLastLine()
    {
        await ReadAsync("Traceback (most recent call last):\n  File \"x\"\nValueError: on purpose\n\n", isError: true);
        await ReadAsync("something else\n", isError: false);

        log.LastError.ShouldBe("ValueError: on purpose");
    }

    private Task ReadAsync(string text, bool isError) => log.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), isError);

    /// <summary>Gives a byte at a time.</summary>
    private sealed class TricklingStream(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..1], cancellationToken);
    }
}
