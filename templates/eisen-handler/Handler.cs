using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace HandlerName;

/// <summary>Answers with the likeliest class.</summary>
public sealed class Handler(HandlerContext context, ILogger<Handler> logger) : ArrayHandler
{
    // The section "handler:" of the archive's model-config.yaml.
    private readonly double threshold = context.Parameters["threshold"]?.GetValue<double>() ?? 0;

    // Without Decode, a body is nested JSON lists of numbers, as with base_handler. The array has no dimension for the batch:
    // the server stacks those of a batch.
    //
    // public override NDArray Decode(HandlerRequest request) => ...

    public override HandlerAnswer Encode(NDArray output, HandlerRequest request)
    {
        ReadOnlySpan<float> scores = output.AsSpan<float>();
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }

        float score = scores[best];
        if (score < threshold)
            logger.LogInformation("Request {Id}: the best score is {Score} only", request.Id, score);
        return HandlerAnswer.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("class", best);
            json.WriteNumber("score", score);
            json.WriteEndObject();
        });
    }
}
