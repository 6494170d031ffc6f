using System.Diagnostics;
using Eisen.Serve.Background;

namespace Eisen.Serve.Tests.Background;

public sealed class ProcessIdentityTests
{
    [Fact]
    public void IsAlive_ThisProcess_IsTrue()
    {
        ProcessIdentity.Current.Id.ShouldBe(Environment.ProcessId);
        ProcessIdentity.Current.IsAlive.ShouldBeTrue();
    }

    [Fact]
    public void IsAlive_AnotherStartTime_IsFalse() =>
        (ProcessIdentity.Current with { StartTicks = ProcessIdentity.Current.StartTicks + 1 }).IsAlive.ShouldBeFalse();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void IsAlive_NoProcess_IsFalse(int id) => new ProcessIdentity(id, 1).IsAlive.ShouldBeFalse();

    [Fact]
    public void IsAlive_NameWithBlanksAndBrackets_IsRead()
    {
        using TemporaryFolder folder = new();
        string program = Path.Combine(folder.Path, "a ) 1 (b");
        File.Copy("/bin/sleep", program);
        using Process process = Process.Start(new ProcessStartInfo(program, "60"))!;
        try
        {
            new ProcessIdentity(process.Id, ProcessIdentity.Current.StartTicks).IsAlive.ShouldBeFalse();
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
