using System.Text;
using System.Text.Json.Nodes;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.LibTorch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eisen.Serve.Handlers.Tests;

/// <summary>Handlers with real modules on the CPU.</summary>
internal static class Modules
{
    private static readonly Lazy<LibTorchEngine> LoadedEngine = new(() => new LibTorchEngine());

    public static IScriptModule Load(string path) => LoadedEngine.Value.Load(path, TorchDevice.Cpu);

    public static IScriptModule LoadFixture(string name) => Load(Fixtures.PathOf($"modules/{name}.pt"));

    public static HandlerContext Context(string parameters = "{}", string folder = "/nowhere") =>
        new("model", "1.0", folder, JsonNode.Parse(parameters)!.AsObject(), NullLogger.Instance);

    public static HandlerRequest Request(string body) => Request(Encoding.UTF8.GetBytes(body));

    public static HandlerRequest Request(byte[] body) => new([new RequestPart("body", null, body)]);

    /// <summary>Asks base_handler with one of the fixture modules; a batch that fails is asked one by one, as the engine
    /// does.</summary>
    public static IReadOnlyList<HandlerAnswer> Ask(string module, string parameters, params string[] bodies)
    {
        using IScriptModule loaded = LoadFixture(module);
        IModelHandler handler = BuiltInHandlers.Create("base_handler", Context(parameters));
        try
        {
            return handler.Handle([.. bodies.Select(Request)], loaded, CancellationToken.None);
        }
        catch (TorchException) when (bodies.Length > 1)
        {
            return [.. bodies.Select(body => Ask(module, parameters, body).Single())];
        }
        catch (TorchException failure)
        {
            return [HandlerAnswer.Failure(failure.OutOfMemory ? PredictionError.OutOfMemory : PredictionError.ModelFailed, failure.Message)];
        }
    }

    /// <summary>Runs a module on a handler's example, as a worker's warm-up does.</summary>
    public static void WarmUp(this IModelHandler handler, IScriptModule module)
    {
        if (handler.ExampleInputs(1) is { } inputs)
            module.Forward(inputs).Dispose();
    }

    /// <summary>The content of an answer that must be one.</summary>
    public static string Text(this HandlerAnswer answer)
    {
        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        answer.Message.ShouldBe("");
        return Encoding.UTF8.GetString(answer.Content.Span);
    }
}
