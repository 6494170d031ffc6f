using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python;

/// <summary>An answer as a worker tells it, before its content has been fetched.</summary>
internal sealed record WorkerAnswer
{
    private const int MostHeaders = 200;

    /// <summary>The request's place in the batch; only a part of a streamed answer has it.</summary>
    public int Index { get; init; }

    public int Size { get; init; }

    /// <summary>Where the content lies in the shared memory; null when it is in the frame.</summary>
    public long? At { get; init; }

    public string? Type { get; init; }

    public string[][]? Headers { get; init; }

    public int? Status { get; init; }

    public string? Reason { get; init; }

    /// <summary>Why there is no content: <c>failed</c>, <c>refused</c>, <c>memory</c> or <c>large</c>; null when there is.</summary>
    public string? Failure { get; init; }

    public string? Message { get; init; }

    /// <summary>The status to send; null for the usual one.</summary>
    /// <exception cref="ProtocolException">It is none.</exception>
    public AnswerStatus? StatusToSend()
    {
        if (Status is null or AnswerStatus.Ok && string.IsNullOrEmpty(Reason))
            return null;
        int code = Status ?? AnswerStatus.Ok;
        if (!AnswerStatus.IsValid(code))
            throw new ProtocolException($"its status is {code}");
        return new AnswerStatus(code, string.IsNullOrEmpty(Reason) ? null : string.Concat(Reason.Where(letter => letter is >= ' ' and <= '~')));
    }

    /// <summary>The header fields that HTTP can carry; a handler's others are left out.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> HeadersToSend()
    {
        if (Headers is null)
            return [];
        if (Headers.Length > MostHeaders)
            throw new ProtocolException($"an answer has {Headers.Length} header fields");
        return [.. Headers.Where(field => field is [{ Length: > 0 }, not null] && field[0].All(IsNameLetter) && field[1].All(letter => letter is '\t' or (>= ' ' and <= '~')))
            .Select(field => new KeyValuePair<string, string>(field[0], field[1]))];
    }

    /// <summary>The media type, when HTTP can carry it.</summary>
    public string? TypeToSend() => Type?.All(letter => letter is >= ' ' and <= '~') == true ? Type : null;

    /// <summary>The failure that this is; null when it has content.</summary>
    /// <exception cref="ProtocolException">It is none that there is.</exception>
    public HandlerAnswer? ToFailure() => Failure switch
    {
        null => null,
        "failed" => HandlerAnswer.Failure(PredictionError.ModelFailed, Message ?? ""),
        "memory" => HandlerAnswer.Failure(PredictionError.OutOfMemory, Message ?? ""),
        "large" => HandlerAnswer.Failure(PredictionError.WorkerDied, Message ?? ""),
        "refused" => HandlerAnswer.Failure(PredictionError.HandlerRefused, Message ?? "", new AnswerStatus(Status is { } code && AnswerStatus.IsValid(code) ? code : 503)),
        _ => throw new ProtocolException($"it failed with '{PrintableText.Shortened(Failure, 40)}'"),
    };

    // RFC 9110, 5.6.2: a token.
    private static bool IsNameLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal);
}
