using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Eisen.Serve.EndToEnd;

/// <summary>What a service's manager hears, over the socket that systemd would give.</summary>
public sealed class ServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Workplace place = new();
    private readonly Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public void Dispose()
    {
        manager.Dispose();
        place.Dispose();
    }

    [Fact]
    public async Task Start_NotifySocket_HearsReadyWhenModelsAreReadyAndStopping()
    {
        string socket = Path.Combine(place.Folder, "notify");
        manager.Bind(new UnixDomainSocketEndPoint(socket));
        GatedModel model = new(place);
        using Process server = place.Launch("env", place.Folder, $"NOTIFY_SOCKET={socket}", Workplace.Program, "--foreground", "--ts-config", place.ConfigFile, "--model-store", place.ModelStore, "--models", model.Archive);
        Task<string> log = server.StandardOutput.ReadToEndAsync();
        Task<string> heard = HearAsync();

        await Workplace.UntilAsync(() => Task.FromResult(place.Run("status").Output.Contains("gated 1.0: LOADING", StringComparison.Ordinal)), "the model is seen loading");
        heard.IsCompleted.ShouldBeFalse("no model is ready");
        model.Open();
        (await heard).ShouldBe("READY=1");

        place.RunCommand("kill", place.Folder, "-TERM", $"{server.Id}").ExitCode.ShouldBe(0);
        (await HearAsync()).ShouldBe("STOPPING=1");
        await server.WaitForExitAsync().WaitAsync(Patience);
        server.ExitCode.ShouldBe(0, await log);
    }

    private async Task<string> HearAsync()
    {
        byte[] message = new byte[4096];
        int length = await manager.ReceiveAsync(message).WaitAsync(Patience);
        return Encoding.UTF8.GetString(message, 0, length);
    }
}
