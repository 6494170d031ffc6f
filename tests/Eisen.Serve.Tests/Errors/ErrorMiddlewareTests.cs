using Eisen.Serve.Configuration;
using Eisen.Serve.Errors;
using Eisen.Serve.Hosting;
using Eisen.Serve.Logging;
using Eisen.Serve.Metrics;
using Eisen.Serve.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Tests.Errors;

public sealed class ErrorMiddlewareTests
{
    private readonly CollectingLogger<ErrorMiddleware> logger = new();

    [Fact]
    public async Task InvokeAsync_ConnectionBreaksAsClientHasGone_IsNotLogged()
    {
        foreach (Exception failure in (Exception[])[new OperationCanceledException(), new IOException("broken pipe")])
            await InvokeAsync(failure, isClientGone: true);

        logger.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 500)]
    public async Task InvokeAsync_ServerFails_IsLoggedWhetherOrNotTheClientHasGone(bool isClientGone, int status)
    {
        HttpContext context = await InvokeAsync(new InvalidOperationException("a bug"), isClientGone);

        logger.Messages.ShouldHaveSingleItem().ShouldContain("failed inside the server");
        context.Response.StatusCode.ShouldBe(status);
    }

    private async Task<HttpContext> InvokeAsync(Exception failure, bool isClientGone)
    {
        await using LogFiles logs = LogFiles.None;
        await using AccessLog accessLog = new(logs.Logger, logs.Dropped, TimeProvider.System);
        TorchServeMetrics metrics = new(new MetricsSettings(), new MetricsLog(NullLoggerFactory.Instance, TimeProvider.System));
        ErrorMiddleware middleware = new(_ => throw failure, new RequestsUnderWay(), new AnswerCounts(metrics), accessLog, logger);
        DefaultHttpContext context = new() { RequestAborted = new CancellationToken(isClientGone) };
        await middleware.InvokeAsync(context);
        return context;
    }
}
