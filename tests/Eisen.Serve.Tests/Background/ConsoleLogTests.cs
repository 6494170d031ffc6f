using Eisen.Serve.Background;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Background;

public sealed class ConsoleLogTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ManualTime time = new();
    private readonly string path;
    private int opened;

    public ConsoleLogTests() => path = Path.Combine(folder.Path, "console.log");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Look_LongFile_BeginsAnewAndKeepsOne()
    {
        using ConsoleLog log = Create(longest: 10);
        log.Begin();
        Look("short");
        (opened, File.Exists(log.Previous)).ShouldBe((1, false));

        Look(" and then long");
        (opened, File.ReadAllText(log.Previous)).ShouldBe((2, "short and then long"));
        File.ReadAllText(path).ShouldBeEmpty();

        Look("much more text");
        Directory.GetFiles(folder.Path).Length.ShouldBe(2);
        File.ReadAllText(log.Previous).ShouldBe("much more text");
    }

    [Fact]
    public void Begin_LongFileOfAnEarlierServer_BeginsAnew()
    {
        File.WriteAllText(path, "what an earlier one printed");
        using ConsoleLog log = Create(longest: 10);

        log.Begin();

        File.ReadAllText(path).ShouldBeEmpty();
        File.ReadAllText(Path.Combine(folder.Path, "console_001.log")).ShouldBe("what an earlier one printed");
    }

    [Fact]
    public void Begin_ShortFile_IsContinued()
    {
        File.WriteAllText(path, "early");
        using ConsoleLog log = Create(longest: 10);

        log.Begin();

        File.ReadAllText(path).ShouldBe("early");
        opened.ShouldBe(1);
    }

    private ConsoleLog Create(long longest) => new(path, longest, time, _ => opened++);

    private void Look(string printed)
    {
        File.AppendAllText(path, printed);
        time.Advance(ConsoleLog.LookInterval);
    }
}
