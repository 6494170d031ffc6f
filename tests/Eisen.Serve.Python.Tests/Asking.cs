using System.Text;
using Eisen.Serve.Engine;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python.Tests;

/// <summary>Asks models.</summary>
internal static class Asking
{
    /// <summary>Has a runner run some Python, and returns its answer.</summary>
    public static async Task<HandlerAnswer> RunAsync(this ModelVersion version, string code, CancellationToken callerGone = default, string? path = null, params (string Name, string Value)[] headers)
    {
        using ModelLease? lease = version.TryEnter();
        if (lease is null)
            return version.NoWorker();
        return await lease.PredictAsync(Request(code, path, headers), TimeSpan.MaxValue, callerGone).AsTask().WaitAsync(PythonModels.Patience);
    }

    /// <summary>A request that has a runner run some Python.</summary>
    public static HandlerRequest Request(string code, string? path = null, params (string Name, string Value)[] headers) =>
        new([new RequestPart("body", null, Encoding.UTF8.GetBytes(code))], new RequestHeaders([.. headers.Select(header => new KeyValuePair<string, string>(header.Name, header.Value))])) { Path = path, Id = "id-1" };

    /// <summary>Asks with any parts.</summary>
    public static async Task<HandlerAnswer> AskAsync(this ModelVersion version, RequestKind kind, params RequestPart[] parts)
    {
        using ModelLease lease = version.TryEnter()!;
        return await lease.PredictAsync(new HandlerRequest(parts) { Kind = kind }, TimeSpan.MaxValue, CancellationToken.None).AsTask().WaitAsync(PythonModels.Patience);
    }

    /// <summary>Has a runner run some Python that must give an answer, and returns its text.</summary>
    public static async Task<string> TextAsync(this ModelVersion version, string code)
    {
        using HandlerAnswer answer = await version.RunAsync(code);
        return answer.Text();
    }

    public static string Text(this HandlerAnswer answer)
    {
        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        return Encoding.UTF8.GetString(answer.Content.Span);
    }
}
