using System.Text;
using Eisen.Serve.Packing;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Tests.Packing;

/// <summary>An inspection that somebody interrupts.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class InspectCommandCancellationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Run_Cancelled_LeavesNoFolder()
    {
        using EnvironmentVariables _ = new(("TMPDIR", folder.Folder("temporary")));
        using CancellationTokenSource interrupt = new();
        using InterruptingWriter output = new(interrupt);
        string archive = Path.Combine(References.TorchServe("model_store"), "double_tgz.tar.gz");

        await Should.ThrowAsync<OperationCanceledException>(() => InspectCommand.RunAsync(archive, loadModule: true, output, interrupt.Token));

        output.HasWritten.ShouldBeTrue();
        Directory.GetFileSystemEntries(folder.Folder("temporary")).ShouldBeEmpty();
    }

    public void Dispose() => folder.Dispose();

    // The first line is written when the archive has been unpacked.
    private sealed class InterruptingWriter(CancellationTokenSource interrupt) : TextWriter
    {
        public bool HasWritten { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            HasWritten = true;
            interrupt.Cancel();
        }
    }
}
