using System.Runtime.InteropServices;

namespace Eisen.Serve.Benchmarks;

/// <summary>The few calls to the operating system that .NET has no method for.</summary>
internal static unsafe partial class Posix
{
    private const int SigTerm = 15;
    private const int ClockMonotonic = 1;
    private const int AbsoluteTime = 1;
    private const int SetTimerSlack = 29;

    /// <summary>Asks a process to end.</summary>
    public static void Terminate(int processId) => _ = Kill(processId, SigTerm);

    /// <summary>Makes this thread's sleeps end within a microsecond of their time, rather than within fifty.</summary>
    public static void SleepPrecisely() => _ = ProcessControl(SetTimerSlack, 1, 0, 0, 0);

    /// <summary>Sleeps until <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> gives this time: on Linux it counts the
    /// nanoseconds of the monotonic clock.</summary>
    public static void SleepUntil(long nanoseconds)
    {
        TimeSpecification until = new() { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        while (ClockNanoSleep(ClockMonotonic, AbsoluteTime, &until, null) != 0)
        {
            // A signal woke it; the time has not changed.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanoSleep(int clock, int flags, TimeSpecification* request, TimeSpecification* remaining);

    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
