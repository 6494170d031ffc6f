using System.Runtime.InteropServices;

namespace Eisen.Serve.Python;

/// <summary>Starts the process of a worker.</summary>
internal interface IWorkerStarter
{
    /// <summary>Starts it.</summary>
    /// <param name="connection">The worker's end of its connection.</param>
    /// <param name="shared">The memory that it shares with the server.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    /// <exception cref="Engine.WorkerDiedException">What it is to be made from does not work.</exception>
    StartedWorker Start(SafeHandle connection, SafeHandle shared);
}
