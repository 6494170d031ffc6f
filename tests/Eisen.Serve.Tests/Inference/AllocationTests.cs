using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Eisen.Serve.Configuration;
using Eisen.Serve.Engine;
using Eisen.Serve.Hosting;
using Eisen.Serve.Logging;
using Eisen.Serve.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Eisen.Serve.Tests.Inference;

/// <summary>Counts what a request allocates, over a connection to the whole server inside this process. Nothing runs beside
/// it: it would be counted, too.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests : IDisposable
{
    private const int WarmUpMilliseconds = 2000;
    private const int Runs = 20;

#if DEBUG
    private const string? WhyNot = "In a debug build every async method allocates its state.";
#else
    private const string? WhyNot = null;
#endif

    private readonly TemporaryFolder folder = new();

    [Fact(Skip = WhyNot)]
    public async Task Prediction_SmallRawTensor_Allocates2KiBMoreThanTheWebServer()
    {
        const int elements = 4;
        const int requests = 4000;
        double bare = await MeasureBareAsync(elements, requests);

        double bytes = await MeasureAsync(elements, requests, bare + 2048);

        (bytes - bare).ShouldBeLessThan(2048);
    }

    [Fact]
    public async Task Prediction_LargeRawTensor_AllocatesLittle()
    {
        // Kestrel's sockets list the pages of what they send, in arrays of their own. A copy would be 1 MiB.
        const double most = 8192;

        double bytes = await MeasureAsync(elements: 1 << 18, requests: 400, most);

        bytes.ShouldBeLessThan(most);
    }

    public void Dispose() => folder.Dispose();

    private async Task<double> MeasureAsync(int elements, int requests, double enough)
    {
        int port = FreePort.Next();
        ServerSettings settings = new()
        {
            LogFolder = folder.Path,
            InferenceAddress = new ListenAddress(IPAddress.Loopback, port),
            ManagementAddress = new ListenAddress(IPAddress.Loopback, FreePort.Next()),
            Metrics = new MetricsSettings { IsListening = false },
        };
        await using LogFiles logs = LogFiles.Open(settings, withConsole: false);
        await using WebApplication app = WebHost.Build(settings, Path.Combine(folder.Path, "unpacked"), logs);
        await app.StartAsync();
        ModelReconciler reconciler = app.Services.GetRequiredService<ModelReconciler>();
        (await reconciler.LoadAsync(Pack(), CancellationToken.None)).Reason.ShouldBeNull();

        double bytes = Measure(port, elements, requests, enough);

        await reconciler.UnloadAllAsync(TimeSpan.FromSeconds(10));
        await app.StopAsync();
        return bytes;
    }

    // The same web server with the same route, which gives back what it gets.
    private static async Task<double> MeasureBareAsync(int elements, int requests)
    {
        int port = FreePort.Next();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using WebApplication app = builder.Build();
        byte[] body = new byte[4 * elements];
        app.MapPost("/predictions/{model}", async (HttpContext context, string model) =>
        {
            await context.Request.Body.ReadExactlyAsync(body);
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        await app.StartAsync();

        double bytes = Measure(port, elements, requests, enough: 0);

        await app.StopAsync();
        return bytes;
    }

    // The client is in this process, too, so it allocates nothing itself.
    private static double Measure(int port, int elements, int requests, double enough)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        byte[] request = [.. Encoding.ASCII.GetBytes($"POST /predictions/double HTTP/1.1\r\nHost: x\r\nContent-Length: {4 * elements}\r\nX-Tensor-Dtype: float32\r\nX-Tensor-Shape: 1,{elements}\r\n\r\n"), .. new byte[4 * elements]];
        byte[] answer = new byte[(4 * elements) + 4096];
        int answerLength = Ask(socket, request, answer, 4 * elements);
        Encoding.ASCII.GetString(answer, 0, 15).ShouldBe("HTTP/1.1 200 OK");
        // Code allocates more until the JIT has optimised it.
        for (long start = Environment.TickCount64; Environment.TickCount64 - start < WarmUpMilliseconds;)
            Ask(socket, request, answer, 4 * elements, answerLength);

        // The least of some runs: where the machine is busy, the JIT may not have come to all of it yet.
        double least = double.MaxValue;
        for (int run = 0; run < Runs && least > enough; run++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < requests; i++)
                Ask(socket, request, answer, 4 * elements, answerLength);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)requests);
        }

        return least;
    }

    private static int Ask(Socket socket, byte[] request, byte[] answer, int contentLength, int answerLength = 0)
    {
        socket.Send(request);
        int received = 0;
        while (answerLength == 0 || received < answerLength)
        {
            received += socket.Receive(answer, received, answer.Length - received, SocketFlags.None);
            if (answerLength == 0 && answer.AsSpan(0, received).IndexOf("\r\n\r\n"u8) is int head and >= 0)
                answerLength = head + 4 + contentLength;
        }

        return answerLength;
    }

    private ModelConfig Pack()
    {
        string path = Path.Combine(folder.Path, "double.mar");
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        zip.CreateEntryFromFile(Fixtures.PathOf("modules/double.pt"), "model.pt", CompressionLevel.NoCompression);
        using StreamWriter manifest = new(zip.CreateEntry("MAR-INF/MANIFEST.json").Open());
        manifest.Write("""{"runtime":"python","model":{"modelName":"double","modelVersion":"1.0","serializedFile":"model.pt","handler":"tensor"}}""");
        return new ModelConfig { Url = "double.mar", ArchivePath = path, LoadedAtStartup = true };
    }
}
