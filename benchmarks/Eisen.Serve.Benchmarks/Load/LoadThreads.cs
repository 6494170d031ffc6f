using System.Net.Sockets;

namespace Eisen.Serve.Benchmarks.Load;

/// <summary>A thread with a connection for each of a number of participants. The first that fails ends all.</summary>
internal sealed class LoadThreads : IDisposable
{
    private readonly HttpConnection[] connections;
    private readonly Thread[] threads;
    private Exception? failure;

    /// <param name="count">How many.</param>
    /// <param name="port">Where they connect to.</param>
    /// <param name="drive">What each does with its index and connection.</param>
    /// <param name="abort">Called when one has failed; makes the others return.</param>
    public LoadThreads(int count, int port, Action<int, HttpConnection> drive, Action abort)
    {
        connections = [.. Enumerable.Range(0, count).Select(_ => new HttpConnection(port))];
        threads = [.. connections.Select((connection, index) => new Thread(() =>
        {
            try
            {
                drive(index, connection);
            }
            catch (Exception caught) when (caught is ScenarioFailedException or SocketException)
            {
                Interlocked.CompareExchange(ref failure, caught, null);
                abort();
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
    }

    /// <summary>Waits for all.</summary>
    /// <exception cref="ScenarioFailedException">One has failed.</exception>
    public void Join()
    {
        foreach (Thread thread in threads)
            thread.Join();
        if (failure is not null)
            throw new ScenarioFailedException(failure.Message);
    }

    public void Dispose()
    {
        foreach (HttpConnection connection in connections)
            connection.Dispose();
    }
}
