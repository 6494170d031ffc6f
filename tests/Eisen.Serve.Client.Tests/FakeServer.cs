using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Eisen.Serve.Client.Tests;

/// <summary>
/// A server on the loopback interface that answers what a test wants: for what a good server cannot be brought to do. What
/// good ones do is tested with the real one.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private int requests;

    private FakeServer(WebApplication app) => this.app = app;

    /// <summary>Where a model is asked.</summary>
    public Uri Endpoint => new(new Uri(app.Urls.First()), "/predictions/brain");

    /// <summary>How many requests have come.</summary>
    public int Requests => Volatile.Read(ref requests);

    /// <summary>Starts it.</summary>
    /// <param name="answer">Answers each request.</param>
    /// <param name="port">Where it listens; 0 for a free port.</param>
    public static async Task<FakeServer> StartAsync(RequestDelegate answer, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        WebApplication app = builder.Build();
        FakeServer server = new(app);
        app.Run(context =>
        {
            Interlocked.Increment(ref server.requests);
            return answer(context);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>Starts one that answers with a status and a text.</summary>
    public static Task<FakeServer> StartAsync(int status, string text) => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    });

    public async ValueTask DisposeAsync()
    {
        // Not the graceful end: some tests leave requests that never end.
        using CancellationTokenSource now = new(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}
