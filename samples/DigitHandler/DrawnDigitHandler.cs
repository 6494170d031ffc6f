using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace DigitHandler;

/// <summary>
/// Reads a digit that somebody drew with characters: eight lines of eight, a blank where the paper is white. Any other character is ink, and the
/// digits 1 to 9 are ink of so many ninths. The model is model_zoo/digits.mar's.
/// </summary>
public sealed class DrawnDigitHandler(HandlerContext context, ILogger<DrawnDigitHandler> logger) : ArrayHandler
{
    private const int Size = 8;

    private readonly double certain = context.Parameters["certain"]?.GetValue<double>() ?? 0.9;

    public override NDArray Decode(HandlerRequest request)
    {
        NDArray picture = NDArray.Allocate(DType.Float32, [1, Size, Size]);
        Span<float> pixels = picture.AsSpan<float>();
        // White paper, as the model has learned it: (0 - 0.5) / 0.5.
        pixels.Fill(-1);
        int row = 0, column = 0;
        foreach (byte character in request.RequiredPayload.Content.Span)
        {
            if (character == '\n')
            {
                (row, column) = (row + 1, 0);
                continue;
            }

            if (row >= Size || column >= Size)
                throw new BadInputException($"a drawing has {Size} lines of {Size} characters; line {row + 1} has a character {column + 1}");
            pixels[row * Size + column++] = 2 * InkOf(character) - 1;
        }

        return picture;
    }

    public override HandlerAnswer Encode(NDArray output, HandlerRequest request)
    {
        ReadOnlySpan<float> logits = output.AsSpan<float>();
        int digit = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[digit])
                digit = i;
        }

        double all = 0;
        foreach (float logit in logits)
            all += Math.Exp(logit - logits[digit]);
        double certainty = 1 / all;
        context.Metrics.AddGauge("Certainty", 100 * certainty, "percent", request);
        if (certainty < certain)
            logger.LogInformation("Request {Id} may be a {Digit}", request.Id, digit);
        return HandlerAnswer.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("digit", digit);
            json.WriteNumber("certainty", Math.Round(certainty, 4));
            json.WriteBoolean("certain", certainty >= certain);
            json.WriteEndObject();
        });
    }

    public override NDArray MakeExample()
    {
        NDArray picture = NDArray.Allocate(DType.Float32, [1, Size, Size]);
        picture.AsSpan<float>().Fill(-1);
        return picture;
    }

    private static float InkOf(byte character) => character switch
    {
        (byte)' ' or (byte)'\r' or (byte)'.' => 0,
        >= (byte)'1' and <= (byte)'9' => (character - '0') / 9f,
        _ => 1,
    };
}
