using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Eisen.Serve.Benchmarks.Limits;

/// <summary>
/// What the same web server does without ours in it: Kestrel, with an endpoint that reads
/// the same JSON body, parses it with the same code and writes the same answer, and one that echoes bytes. No engine, no queue,
/// no model. A process: it says its port in a line, and ends with its standard input.
/// </summary>
internal static class BareHost
{
    public static async Task<int> RunAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BenchmarkFolders.MaxRequestSize;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        await using WebApplication app = builder.Build();
        app.Use(AddHeaders);
        app.MapPost("/json", AnswerJsonAsync);
        app.MapPost("/echo", EchoAsync);
        await app.StartAsync();

        Console.Out.WriteLine(JsonSerializer.Serialize(new Uri(app.Urls.Single()).Port, BenchmarkJson.Default.Int32));
        while (await Console.In.ReadLineAsync() is not null)
        {
            // Nothing is asked of it but to go on.
        }

        await app.StopAsync();
        return 0;
    }

    // The same answer as the server's has the same header fields.
    private static Task AddHeaders(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        Span<byte> id = stackalloc byte[16];
        Random.Shared.NextBytes(id);
        headers["x-request-id"] = new Guid(id).ToString();
        headers.Pragma = "no-cache";
        headers.CacheControl = "no-cache; no-store, must-revalidate, private";
        headers.Expires = "Thu, 01 Jan 1970 00:00:00 UTC";
        return next(context);
    }

    private static async Task AnswerJsonAsync(HttpContext context)
    {
        PipeReader body = context.Request.BodyReader;
        ReadResult read = await body.ReadAsync();
        while (!read.IsCompleted)
        {
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await body.ReadAsync();
        }

        ArrayBufferWriter<byte> answer = Answer(read.Buffer);
        body.AdvanceTo(read.Buffer.End);
        context.Response.ContentLength = answer.WrittenCount;
        await context.Response.Body.WriteAsync(answer.WrittenMemory);
    }

    private static ArrayBufferWriter<byte> Answer(ReadOnlySequence<byte> body)
    {
        ReadOnlySpan<byte> json = body.IsSingleSegment ? body.FirstSpan : body.ToArray();
        using NDArray array = JsonArrayReader.Read(json, DType.Float32);
        using NDArray stack = NDArray.Wrap(array.DType, [1, .. array.Shape], array.Memory);
        ArrayBufferWriter<byte> answer = new();
        JsonValueWriter.WriteRow(answer, new TorchValue.Tensor(stack), row: 0, rows: 1);
        return answer;
    }

    private static async Task EchoAsync(HttpContext context)
    {
        int length = (int)context.Request.ContentLength!.Value;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Memory<byte> body = buffer.AsMemory(0, length);
            await context.Request.Body.ReadExactlyAsync(body);
            context.Response.ContentLength = length;
            await context.Response.Body.WriteAsync(body);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
