using System.Diagnostics;
using System.Net.Sockets;

namespace Eisen.Serve.Archive.Tests.Unpacking;

public sealed class RegularFileTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ArchiveFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void TryOpen_File_ReadsAndSeeks(int bufferSize)
    {
        using FileStream file = RegularFile.TryOpen(folder.Write("file", "content"), bufferSize)!;

        file.Length.ShouldBe(7);
        file.Seek(3, SeekOrigin.Begin);
        new StreamReader(file).ReadToEnd().ShouldBe("tent");
    }

    [Fact]
    public void TryOpen_LinkToAFile_ReadsTheFile()
    {
        File.CreateSymbolicLink(folder.PathOf("link"), folder.Write("file", "content"));

        using FileStream file = RegularFile.TryOpen(folder.PathOf("link"), bufferSize: 0)!;

        file.Length.ShouldBe(7);
    }

    [Fact]
    public async Task TryOpen_PipeThatNobodyWritesTo_IsNoneAtOnce()
    {
        string link = folder.PathOf("link");
        File.CreateSymbolicLink(link, MakePipe());

        (await Task.Run(() => RegularFile.TryOpen(folder.PathOf("pipe"), bufferSize: 0)).WaitAsync(Patience)).ShouldBeNull();
        (await Task.Run(() => RegularFile.TryOpen(link, bufferSize: 0)).WaitAsync(Patience)).ShouldBeNull();
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public void TryOpen_Device_IsNone(string device) => RegularFile.TryOpen(device, bufferSize: 0).ShouldBeNull();

    [Fact]
    public void TryOpen_Socket_IsNone()
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.PathOf("socket")));

        RegularFile.TryOpen(folder.PathOf("socket"), bufferSize: 0).ShouldBeNull();
    }

    [Fact]
    public void TryOpen_NoFile_SaysWhatIsThere()
    {
        string file = folder.Write("file", "content");
        File.CreateSymbolicLink(folder.PathOf("circle"), folder.PathOf("circle"));

        Should.Throw<FileNotFoundException>(() => RegularFile.TryOpen(folder.PathOf("missing"), bufferSize: 0));
        Should.Throw<FileNotFoundException>(() => RegularFile.TryOpen(Path.Combine(file, "below"), bufferSize: 0));
        Should.Throw<UnauthorizedAccessException>(() => RegularFile.TryOpen(folder.PathOf("."), bufferSize: 0)).Message.ShouldEndWith("is a folder.");
        Should.Throw<IOException>(() => RegularFile.TryOpen(folder.PathOf("circle"), bufferSize: 0));
    }

    [Fact]
    public void TryOpen_FileThatMayNotBeRead_IsDenied()
    {
        if (OperatingSystem.IsWindows())
            return;
        string file = folder.Write("file", "content");
        File.SetUnixFileMode(file, UnixFileMode.None);

        // Nothing is forbidden to root.
        if (Environment.IsPrivilegedProcess)
            RegularFile.TryOpen(file, bufferSize: 0)!.Dispose();
        else
            Should.Throw<UnauthorizedAccessException>(() => RegularFile.TryOpen(file, bufferSize: 0));
    }

    [Fact]
    public async Task TryOpen_PathThatTurnsIntoAPipeAndBack_NeverWaits()
    {
        string path = folder.PathOf("model.mar");
        string[] targets = [folder.Write("file", "content"), MakePipe()];
        File.CreateSymbolicLink(path, targets[0]);
        using CancellationTokenSource end = new();
        Task swapping = Task.Run(() =>
        {
            for (int turn = 1; !end.IsCancellationRequested; turn++)
            {
                File.CreateSymbolicLink(path + ".new", targets[turn % 2]);
                File.Move(path + ".new", path, overwrite: true);
            }
        });

        Task opening = Task.Run(() =>
        {
            for (int turn = 0; turn < 2000; turn++)
            {
                using FileStream? file = RegularFile.TryOpen(path, bufferSize: 0);
                file?.Length.ShouldBe(7);
            }
        });

        try
        {
            await opening.WaitAsync(Patience);
        }
        finally
        {
            await end.CancelAsync();
            await swapping;
        }
    }

    private string MakePipe()
    {
        string path = folder.PathOf("pipe");
        using Process make = Process.Start("mkfifo", path);
        make.WaitForExit();
        make.ExitCode.ShouldBe(0);
        return path;
    }
}
