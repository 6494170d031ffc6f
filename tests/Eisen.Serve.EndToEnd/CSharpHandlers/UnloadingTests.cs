using System.Globalization;
using System.Net;

namespace Eisen.Serve.EndToEnd.CSharpHandlers;

/// <summary>Models with handlers in C# that come and go.</summary>
[Collection(AloneCollection.Name)]
public sealed class UnloadingTests : IDisposable
{
    private const int Rounds = 100;

    // What a heap that is not compacted at every moment may differ by.
    private const long Noise = 24 << 20;

    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task RegisterReplaceUnregister_HundredTimes_LeavesNothing()
    {
        string disposed = Path.Combine(place.Folder, "disposed");
        string config = $"minWorkers: 1\nhandler:\n  disposedFile: {disposed}\n";
        place.PackAcme("sum", "SumHandler", config);
        place.PackAcme("sum", "SumHandler", config, version: "2.0");
        place.StartAllowing([]);

        await RunAsync(Rounds / 5);
        await place.UntilLoggedAsync("are unloaded.", 2 * Rounds / 5);
        long early = ResidentBytes();
        await RunAsync(Rounds - Rounds / 5);
        await place.UntilLoggedAsync("are unloaded.", 2 * Rounds);
        long late = ResidentBytes();

        late.ShouldBeLessThan(early + Noise, $"{early >> 20} MiB after the first ones");
        place.Log.ShouldNotContain("stay in memory");
        File.ReadAllLines(disposed).Length.ShouldBe(2 * Rounds);
        place.UnpackedArchives.ShouldBeEmpty();
        string process = $"/proc/{place.RecordedProcess}";
        File.ReadAllText($"{process}/maps").ShouldNotContain("Acme");
        Directory.GetFiles($"{process}/fd").Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.FullName).ShouldNotContain(target => target != null && target.Contains(place.ModelStore));
        File.Delete(Path.Combine(place.ModelStore, "sum-1.0.mar"));
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task RunAsync(int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await ManageAsync(HttpMethod.Post, "models?url=sum-1.0.mar&initial_workers=1&synchronous=true");
            await AskAsync("1.0");
            await ManageAsync(HttpMethod.Post, "models?url=sum-2.0.mar&initial_workers=1&synchronous=true");
            await ManageAsync(HttpMethod.Put, "models/sum/2.0/set-default");
            await ManageAsync(HttpMethod.Delete, "models/sum/1.0");
            await AskAsync("2.0");
            await ManageAsync(HttpMethod.Delete, "models/sum");
        }
    }

    private async Task ManageAsync(HttpMethod method, string path)
    {
        (HttpStatusCode status, string text) = await place.ManageAsync(method, path);
        status.ShouldBe(HttpStatusCode.OK, $"{method} {path}: {text}");
    }

    private async Task AskAsync(string version) =>
        (await place.AskAsync($"sum/{version}", "1 2 3")).ShouldBe((HttpStatusCode.OK, """{"label":"brain","total":12,"times":1}"""), "each version has its own copy of everything");

    private long ResidentBytes()
    {
        string line = File.ReadLines($"/proc/{place.RecordedProcess}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
    }
}
