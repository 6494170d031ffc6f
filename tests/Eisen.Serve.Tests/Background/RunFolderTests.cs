using System.Diagnostics;
using Eisen.Serve.Background;
using Eisen.Serve.CommandLine;

namespace Eisen.Serve.Tests.Background;

[Collection(EnvironmentCollection.Name)]
public sealed class RunFolderTests : IDisposable
{
    private const string Variable = "EISEN_SERVE_RUN_DIR";

    private readonly string? before = Environment.GetEnvironmentVariable(Variable);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Open_NewFolder_IsMadeForTheOwnerAlone()
    {
        string path = Path.Combine(folder.Path, "run");
        Open(path);

        new DirectoryInfo(path).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Open_LinkOrFile_IsAMistake()
    {
        string link = Path.Combine(folder.Path, "link");
        Directory.CreateSymbolicLink(link, folder.Folder("target"));

        Should.Throw<UserMistakeException>(() => Open(link)).Message.ShouldContain("is a link");
        Should.Throw<UserMistakeException>(() => Open(folder.File("file"))).Message.ShouldContain("cannot be used");
    }

    [Fact]
    public void Open_FolderOfAnotherUser_IsAMistake()
    {
        string path = "/";
        if (Environment.IsPrivilegedProcess)
        {
            path = folder.Folder("theirs");
            Change("chown", "65534", path);
        }

        Should.Throw<UserMistakeException>(() => Open(path)).Message.ShouldBe($"the run folder {path} belongs to another user; set EISEN_SERVE_RUN_DIR to a folder of your own");
    }

    [Fact]
    public void Open_FolderThatOthersMayWriteTo_IsAMistake()
    {
        string path = folder.Folder("shared");
        Change("chmod", "g+w", path);

        Should.Throw<UserMistakeException>(() => Open(path)).Message.ShouldContain("others may write to it");
    }

    [Fact]
    public void Find_NoFolder_IsNoneAndMakesNone()
    {
        string path = Path.Combine(folder.Path, "run");

        Find(path).ShouldBeNull();

        Directory.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public void Find_FolderThatCannotBeLookedAt_IsAMistake()
    {
        string loop = Path.Combine(folder.Path, "loop");
        Directory.CreateSymbolicLink(loop, loop);

        Should.Throw<UserMistakeException>(() => Find(Path.Combine(loop, "run"))).Message.ShouldContain("cannot be used");
    }

    [Fact]
    public void TryLock_HeldByAnother_IsRefusedUntilReleased()
    {
        RunFolder first = Open(folder.Path);
        RunFolder second = Open(folder.Path);

        using (FileStream? held = first.TryLock())
        {
            held.ShouldNotBeNull();
            second.TryLock().ShouldBeNull();
        }

        using FileStream? free = second.TryLock();
        free.ShouldNotBeNull();
    }

    [Fact]
    public void Sweep_LeftOvers_AreDeletedAndNothingElse()
    {
        RunFolder run = Open(folder.Path);
        run.Sweep();
        string leftOver = Directory.CreateDirectory(Path.Combine(run.UnpackFolder, "mar-0123", "deep")).FullName;
        File.WriteAllText(Path.Combine(leftOver, "model.pt"), "x");
        string own = Directory.CreateDirectory(Path.Combine(run.UnpackFolder, "my-models")).FullName;

        run.Sweep();

        Directory.GetFileSystemEntries(run.UnpackFolder).ShouldBe([own]);
    }

    [Fact]
    public void Sweep_FolderThatItsOwnerCannotUse_IsDeletedAndLinksAreLeftAlone()
    {
        RunFolder run = Open(folder.Path);
        run.Sweep();
        string outside = folder.Folder("outside");
        Change("chmod", "0", outside);
        string closed = Directory.CreateDirectory(Path.Combine(run.UnpackFolder, "mar-0123", "closed")).FullName;
        Directory.CreateDirectory(Path.Combine(closed, "inner"));
        Directory.CreateSymbolicLink(Path.Combine(closed, "link"), outside);
        File.WriteAllText(Path.Combine(closed, "inner", "file"), "x");
        // Root may use it all the same.
        Change("chmod", "0", Path.Combine(closed, "inner"), closed, Path.GetDirectoryName(closed)!);

        IReadOnlyList<string> warnings = run.Sweep();
        UnixFileMode mode = File.GetUnixFileMode(outside);
        Change("chmod", "700", outside);

        warnings.ShouldBeEmpty();
        Directory.GetFileSystemEntries(run.UnpackFolder).ShouldBeEmpty();
        mode.ShouldBe(UnixFileMode.None);
    }

    [Fact]
    public void Sweep_FolderThatCannotBeDeleted_IsToldAndTheOthersAreDeleted()
    {
        RunFolder run = Open(folder.Path);
        run.Sweep();
        foreach (string name in (string[])["mar-0", "mar-1", "mar-2"])
            Directory.CreateDirectory(Path.Combine(run.UnpackFolder, name));
        string deep = Path.Combine(run.UnpackFolder, "mar-1");
        // Too deep for one path to name what is at its end.
        Change("bash", "-c", $"cd '{deep}' && name=$(printf '%0200d' 0) && for ((i = 0; i < 30; i++)); do mkdir $name && cd $name || exit 1; done");

        IReadOnlyList<string> warnings = run.Sweep();
        string[] stayed = Directory.GetFileSystemEntries(run.UnpackFolder);
        Change("rm", "-r", deep);

        warnings.ShouldHaveSingleItem().ShouldStartWith($"the folder {deep} cannot be deleted: ");
        stayed.ShouldBe([deep]);
    }

    [Fact]
    public void ReadRecord_Written_IsTheSame()
    {
        RunFolder run = Open(folder.Path);
        run.ReadRecord().ShouldBeNull();
        ServerRecord record = new() { Process = ProcessIdentity.Current, InferenceAddress = "http://127.0.0.1:8080", UnderWayAtStop = 3 };

        run.WriteRecord(record);

        run.ReadRecord().ShouldBe(record);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public void ReadRecord_Damaged_IsNone(string content)
    {
        RunFolder run = Open(folder.Path);
        folder.File("server.json", content);

        run.ReadRecord().ShouldBeNull();
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, before);
        folder.Dispose();
    }

    private static void Change(string command, params string[] args)
    {
        using Process process = Process.Start(command, args);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }

    private static RunFolder? Find(string path)
    {
        Environment.SetEnvironmentVariable(Variable, path);
        return RunFolder.Find();
    }

    private static RunFolder Open(string path)
    {
        Environment.SetEnvironmentVariable(Variable, path);
        return RunFolder.Open();
    }
}
