using System.Text;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Engine.Tests;

/// <summary>Reads answers.</summary>
internal static class Answers
{
    public static async Task<HandlerAnswer> AskAsync(this ModelVersion version, string body, CancellationToken callerGone = default, TimeSpan? patience = null)
    {
        using ModelLease? lease = version.TryEnter();
        return lease is null ? version.NoWorker() : await lease.PredictAsync(Models.Request(body), patience ?? TimeSpan.MaxValue, callerGone).AsTask().WaitAsync(Models.Patience);
    }

    /// <summary>The content of an answer that must be one, without white space.</summary>
    public static string Text(this HandlerAnswer answer)
    {
        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        return string.Concat(Encoding.UTF8.GetString(answer.Content.Span).Where(letter => !char.IsWhiteSpace(letter)));
    }

    /// <summary>Waits until something holds, and fails when it does not come to hold.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + (long)Models.Patience.TotalMilliseconds;
        while (!condition())
        {
            Environment.TickCount64.ShouldBeLessThan(deadline, "what was waited for did not happen");
            await Task.Delay(5);
        }
    }
}
