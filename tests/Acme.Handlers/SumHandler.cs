using System.Text;
using System.Text.Json;
using Acme.Measures;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Acme.Handlers;

/// <summary>Uses all that a handler is given: parameters, a file, a service of its own, the logger, metrics, and another assembly of its archive.</summary>
public sealed class SumHandler(HandlerContext context, Labels labels, ILogger<SumHandler> logger, HandlerMetrics metrics) : ArrayHandler
{
    private readonly int scale = context.Parameters["scale"]?.GetValue<int>() ?? 1;

    // Numbers with spaces between, as no handler of the server's takes them.
    public override NDArray Decode(HandlerRequest request)
    {
        string text = Encoding.UTF8.GetString(request.RequiredPayload.Content.Span);
        try
        {
            float[] numbers = [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(float.Parse)];
            return NDArray.Copy<float>(numbers, numbers.Length);
        }
        catch (FormatException)
        {
            throw new BadInputException("the body must be numbers with spaces between");
        }
    }

    public override HandlerAnswer Encode(NDArray output, HandlerRequest request)
    {
        double total = scale * Total.Of(output.AsSpan<float>());
        logger.LogInformation("a sum of {Count} numbers for {Model}", output.ElementCount, context.ModelName);
        metrics.AddCounter("SumCount", request: request);
        return HandlerAnswer.Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("label", labels.Text);
            json.WriteNumber("total", total);
            json.WriteNumber("times", Total.Times);
            json.WriteEndObject();
        });
    }

    public override NDArray MakeExample() => NDArray.Copy<float>([1, 2, 3], 3);
}

/// <summary>A service of the handler's own: it reads a file of the archive.</summary>
public sealed class Labels(HandlerContext context) : IDisposable
{
    public string Text { get; } = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(context.Folder, "label.json"))).RootElement.GetProperty("label").GetString()!;

    // Tells whoever looks that it was disposed.
    public void Dispose()
    {
        if (context.Parameters["disposedFile"]?.GetValue<string>() is { } file)
            File.AppendAllText(file, $"{context.ModelVersion}\n");
    }
}

public sealed class Startup : HandlerStartup
{
    public override void ConfigureServices(IServiceCollection services, HandlerContext context) => services.AddSingleton<Labels>();
}
