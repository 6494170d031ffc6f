namespace Eisen.Serve.Background;

/// <summary><c>--stop</c>: asks the running server to end, and waits until it has.</summary>
internal static class StopCommand
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Stops the server that runs from a folder.</summary>
    /// <returns>The exit code: 0 when it has ended, 1 when none was running.</returns>
    public static int Run(RunFolder? folder)
    {
        if (folder is null || !IsRunning(folder))
        {
            Console.Error.WriteLine("Eisen.Serve is not running.");
            return 1;
        }

        // Whoever holds the lock wrote the record; the start time keeps a stranger safe who has the number by now.
        if (folder.ReadRecord() is not { } record || !record.Process.IsAlive || !Posix.Terminate(record.Process.Id))
        {
            Console.Error.WriteLine("Eisen.Serve is starting or ending just now, or belongs to another user; try again.");
            return 1;
        }

        bool told = false;
        while (IsRunning(folder) || record.Process.IsAlive)
        {
            if (!told && folder.ReadRecord()?.UnderWayAtStop is int underWay and > 0)
            {
                Console.Out.WriteLine($"Waiting for {underWay} request(s) under way.");
                told = true;
            }

            Thread.Sleep(LookAgain);
        }

        ServerRecord? last = folder.ReadRecord();
        string requests = last switch
        {
            { Unanswered: > 0 } => $"{last.Unanswered} of {last.UnderWayAtStop} request(s) under way were not answered in time",
            { UnderWayAtStop: > 0 } => $"{last.UnderWayAtStop} request(s) under way were answered",
            { Unanswered: 0 } => "no requests were under way",
            _ => "it ended without saying how",
        };
        Console.Out.WriteLine($"Eisen.Serve, process {record.Process.Id}, has stopped; {requests}.");
        return 0;
    }

    private static bool IsRunning(RunFolder folder)
    {
        using FileStream? free = folder.TryLock();
        return free is null;
    }
}
