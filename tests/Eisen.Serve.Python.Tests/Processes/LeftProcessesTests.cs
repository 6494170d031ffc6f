using System.Diagnostics;

namespace Eisen.Serve.Python.Tests.Processes;

public class LeftProcessesTests
{
    [RootFact]
    public void Processes_that_see_another_folder_at_the_path_are_not_ended()
    {
        string folder = $"/no/folder/{Guid.NewGuid()}";
        ProcessStartInfo order = new("unshare", ["--mount", "sleep", "60"]) { Environment = { ["EISEN_SERVE_WORKER_OF"] = folder } };
        using Process other = Process.Start(order).ShouldNotBeNull();
        try
        {
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{other.Id}/comm") == "sleep\n", TimeSpan.FromSeconds(10)).ShouldBeTrue();
            LeftProcesses.Find(folder).ShouldBeEmpty();
            LeftProcesses.End(folder).ShouldBe(0);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }
}
