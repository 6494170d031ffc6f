using System.Runtime.InteropServices;
using Eisen.Serve.Background;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Background;

public sealed partial class OrphanReaperTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Look_ChildThatNobodyAskedFor_IsGoneAfterTwo()
    {
        using OrphanReaper reaper = new(new ManualTime());
        int child = StartForgotten("/bin/true");
        await UntilAsync(() => IsListed(child));

        reaper.Look();
        IsListed(child).ShouldBeTrue("who started it may still be about to ask");
        reaper.Look();

        IsListed(child).ShouldBeFalse();
    }

    [Fact]
    public async Task EndedChildren_ChildThatRuns_IsNotAmongThem()
    {
        int child = StartForgotten("/bin/sleep", "60");

        ProcessIdentity.EndedChildren().ShouldNotContain(ended => ended.Id == child);
        Posix.Reap(child).ShouldBeFalse();

        Posix.Terminate(child).ShouldBeTrue();
        await UntilAsync(() => IsListed(child));
        Posix.HasEndedChild().ShouldBeTrue();
        Posix.Reap(child).ShouldBeTrue();
        IsListed(child).ShouldBeFalse();
    }

    private static bool IsListed(int child) => ProcessIdentity.EndedChildren().Any(ended => ended.Id == child);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource tooLate = new(Patience);
        while (!condition())
            await Task.Delay(10, tooLate.Token);
    }

    // .NET's own way to start processes asks for them.
    private static unsafe int StartForgotten(string program, string? argument = null)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(program);
        nint first = argument is null ? 0 : Marshal.StringToCoTaskMemUTF8(argument);
        nint* arguments = stackalloc nint[] { name, first, 0 };
        nint* environment = stackalloc nint[] { 0 };
        int id;
        Spawn(&id, name, null, null, arguments, environment).ShouldBe(0);
        Marshal.FreeCoTaskMem(name);
        Marshal.FreeCoTaskMem(first);
        return id;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static unsafe partial int Spawn(int* process, nint path, void* actions, void* attributes, nint* arguments, nint* environment);
}
