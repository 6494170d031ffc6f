using System.Net;
using System.Net.Sockets;

namespace Eisen.Serve.Testing;

/// <summary>
/// Ports of the loopback interface for servers that tests start. They are not from the system's range for connections and port 0,
/// out of which one could be given away before the server listens; and each test process has a range of its own.
/// </summary>
public static class FreePort
{
    private const int First = 10_000;
    private const int Each = 500;
    private const int Ranges = 40;

    private static int given = -1;

    /// <summary>A port that nobody listens on, and that this process has not been given lately.</summary>
    public static int Next()
    {
        while (true)
        {
            int port = First + (Environment.ProcessId % Ranges * Each) + (Interlocked.Increment(ref given) % Each);
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it; the next one may be free.
            }
        }
    }
}
