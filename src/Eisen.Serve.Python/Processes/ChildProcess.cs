using System.ComponentModel;
using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace Eisen.Serve.Python;

/// <summary>
/// A process of our own with a session of its own: what it starts ends with it, in other sessions, too. It gets the descriptors that it is given
/// and no others. A thread waits for its end, so that no zombie stays.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    // Above all numbers that the child sees, so that none of them is overwritten before it is used.
    private const int FirstSpareDescriptor = 64;
    private const int WaiterStackSize = 256 << 10;
    private const int Interrupted = 4;

    /// <summary>What <see cref="Ended"/> tells of a process that did what it was to do.</summary>
    public static readonly string EndedWell = EndedWith(0);

    private readonly AnonymousPipeServerStream output;
    private readonly AnonymousPipeServerStream errors;
    private readonly TaskCompletionSource<string> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Held while signals are sent: afterwards the number may be another process's.
    private readonly Lock life = new();
    private bool isReaped;

    private ChildProcess(AnonymousPipeServerStream output, AnonymousPipeServerStream errors)
    {
        this.output = output;
        this.errors = errors;
    }

    public int Id { get; private set; }

    public Stream Output => output;

    public Stream Errors => errors;

    /// <summary>Ends with the process, and tells how that ended.</summary>
    public Task<string> Ended => ended.Task;

    /// <summary>Starts a process.</summary>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static ChildProcess Start(ProcessOrder order) => Begin(
        (output, errors) => Spawn(order, output, errors),
        process =>
        {
            process.SetLimit(NativeMethods.LimitAddressSpace, order.MemoryLimit);
            process.SetLimit(NativeMethods.LimitCpuSeconds, order.CpuLimit);
        });

    /// <summary>Takes a process that another one makes, as a child of this one.</summary>
    /// <param name="make">Has it made, with its standard output and standard error, and gives its number.</param>
    /// <exception cref="Win32Exception">The number is not that of a child: nobody else's process is taken, and ended later.</exception>
    public static ChildProcess Adopt(Func<SafeHandle, SafeHandle, int> make) => Begin(make, process => process.CheckIsChild());

    /// <summary>Sends a signal to the process alone.</summary>
    public void Signal(int signal)
    {
        lock (life)
        {
            if (!isReaped)
                _ = NativeMethods.Kill(Id, signal);
        }
    }

    /// <summary>Ends the process and all that is left of its group, at once.</summary>
    public void Kill()
    {
        lock (life)
        {
            if (!isReaped)
                _ = NativeMethods.Kill(-Id, NativeMethods.SigKill);
        }
    }

    /// <summary>Ends the process, if it still runs, and lets go of its output.</summary>
    public void Dispose()
    {
        Kill();
        output.Dispose();
        errors.Dispose();
    }

    private static ChildProcess Begin(Func<SafeHandle, SafeHandle, int> make, Action<ChildProcess> made)
    {
        AnonymousPipeServerStream output = new(PipeDirection.In, HandleInheritability.None);
        AnonymousPipeServerStream errors = new(PipeDirection.In, HandleInheritability.None);
        ChildProcess process = new(output, errors);
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // The thread lives as long as the process: a process that asks to be ended with its parent ends with the thread that made it.
        new Thread(() => process.Run(make, made, started), WaiterStackSize) { IsBackground = true, Name = "python process" }.Start();
        try
        {
            started.Task.GetAwaiter().GetResult();
            return process;
        }
        catch
        {
            output.Dispose();
            errors.Dispose();
            throw;
        }
    }

    private void Run(Func<SafeHandle, SafeHandle, int> make, Action<ChildProcess> made, TaskCompletionSource started)
    {
        try
        {
            Id = Children.Make(() => make(output.ClientSafePipeHandle, errors.ClientSafePipeHandle), this);
            made(this);
            // The child's ends: were they open here, too, its end would not be noticed.
            output.DisposeLocalCopyOfClientHandle();
            errors.DisposeLocalCopyOfClientHandle();
        }
        catch (Exception failure)
        {
            Children.Forget(Id, this);
            started.SetException(failure);
            return;
        }

        started.SetResult();
        AwaitEnd();
    }

    private static unsafe int Spawn(ProcessOrder order, SafeHandle output, SafeHandle errors)
    {
        byte* actions = stackalloc byte[NativeMethods.SpawnStructureSize];
        byte* attributes = stackalloc byte[NativeMethods.SpawnStructureSize];
        byte* signals = stackalloc byte[NativeMethods.SignalSetSize];
        List<int> spares = [];
        using StringVector arguments = new([order.Program, .. order.Arguments]);
        using StringVector environment = new([.. order.Environment.Select(variable => $"{variable.Key}={variable.Value}")]);
        Check(NativeMethods.InitializeActions(actions));
        Check(NativeMethods.InitializeAttributes(attributes));
        try
        {
            Check(NativeMethods.AddFolder(actions, order.Folder));
            Check(NativeMethods.AddOpen(actions, 0, "/dev/null", NativeMethods.ReadOnly, 0));
            SafeHandle[] given = [output, errors, .. order.Descriptors];
            for (int i = 0; i < given.Length; i++)
            {
                spares.Add(Duplicate(given[i]));
                Check(NativeMethods.AddDuplicate(actions, spares[^1], i + 1));
            }

            Check(NativeMethods.AddCloseFrom(actions, given.Length + 1));

            // The runtime ignores some signals and blocks others; a program starts with them as they are by default.
            new Span<byte>(signals, NativeMethods.SignalSetSize).Fill(0xff);
            Check(NativeMethods.SetSignalDefaults(attributes, signals));
            new Span<byte>(signals, NativeMethods.SignalSetSize).Clear();
            Check(NativeMethods.SetSignalMask(attributes, signals));
            Check(NativeMethods.SetFlags(attributes, NativeMethods.SpawnSetSession | NativeMethods.SpawnSetSignalDefaults | NativeMethods.SpawnSetSignalMask));

            int id;
            Check(NativeMethods.Spawn(&id, order.Program, actions, attributes, arguments.Pointer, environment.Pointer));
            return id;
        }
        finally
        {
            spares.ForEach(spare => NativeMethods.Close(spare));
            _ = NativeMethods.DestroyActions(actions);
            _ = NativeMethods.DestroyAttributes(attributes);
        }
    }

    private static int Duplicate(SafeHandle handle)
    {
        bool isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            int spare = NativeMethods.Control((int)handle.DangerousGetHandle(), NativeMethods.DuplicateCloseOnExec, FirstSpareDescriptor);
            return spare >= 0 ? spare : throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new Win32Exception(error);
    }

    private unsafe void SetLimit(int resource, long? limit)
    {
        if (limit is not { } most)
            return;
        ulong* limits = stackalloc ulong[2] { (ulong)most, (ulong)most };
        // It has ended already when there is no such process.
        _ = NativeMethods.Limit(Id, resource, limits, null);
    }

    private unsafe void CheckIsChild()
    {
        byte* information = stackalloc byte[NativeMethods.SpawnStructureSize];
        if (NativeMethods.WaitId(NativeMethods.WaitForProcess, Id, information, NativeMethods.WaitExited | NativeMethods.WaitLeaveIt | NativeMethods.WaitNotAtAll) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    private unsafe void AwaitEnd()
    {
        byte* information = stackalloc byte[NativeMethods.SpawnStructureSize];
        while (NativeMethods.WaitId(NativeMethods.WaitForProcess, Id, information, NativeMethods.WaitExited | NativeMethods.WaitLeaveIt) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                break;
        }

        lock (life)
        {
            // While it is a zombie its number is nobody else's: what it left behind can still be found by it.
            _ = NativeMethods.Kill(-Id, NativeMethods.SigKill);
            isReaped = true;
        }

        int status = 0;
        int? ownStatus = null;
        // Those that it left behind, too, where they have become children of this process.
        while (true)
        {
            int reaped = NativeMethods.WaitProcess(-Id, &status, 0);
            if (reaped == Id)
                ownStatus = status;
            if (reaped <= 0 && Marshal.GetLastPInvokeError() != Interrupted)
                break;
        }

        Children.Forget(Id, this);
        ended.SetResult(ownStatus is { } known ? Describe(known) : "how it ended is not known");
        Children.EndOrphans();
    }

    private static string Describe(int status)
    {
        int signal = status & 0x7f;
        return signal switch
        {
            0 => EndedWith((status >> 8) & 0xff),
            NativeMethods.SigKill => "it was killed (SIGKILL), as the kernel does when memory runs out",
            _ => $"it was killed by signal {signal}",
        };
    }

    private static string EndedWith(int code) => $"it exited with code {code}";
}
