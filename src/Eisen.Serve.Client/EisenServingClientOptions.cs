namespace Eisen.Serve.Client;

/// <summary>How an <see cref="EisenServingClient"/> asks. The client reads it once, when it is made.</summary>
public sealed class EisenServingClientOptions
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(24); // what .NET's timers take

    /// <summary>The largest answer that can be allowed: 2 GiB, what one block of memory holds.</summary>
    public static long LargestAnswer => Array.MaxLength;

    /// <summary>Whether inputs are checked against the model's metadata before they are sent; the server checks them, too.
    /// False unless set.</summary>
    public bool ValidateInputs { get; set; }

    /// <summary>The key that is sent as <c>Authorization: Bearer</c>; null for none.</summary>
    public string? BearerToken { get; set; }

    /// <summary>Asked for the key before each attempt, for keys that expire; wins over <see cref="BearerToken"/>. A null that
    /// it gives sends none.</summary>
    public Func<CancellationToken, ValueTask<string?>>? BearerTokenProvider { get; set; }

    /// <summary>How long a call may take, retries and the reading of the answer included; <see cref="Timeout.InfiniteTimeSpan"/>
    /// for ever. Three minutes unless set: a server's own limit is two, and its answer about that is to arrive.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>How many bytes an answer may have, at most <see cref="LargestAnswer"/>; 1 GiB unless set. No memory is taken for
    /// a longer one.</summary>
    public long MaxAnswerBytes { get; set; } = 1 << 30;

    /// <summary>How often a call is tried again after a failure that is <see cref="EisenServingException.IsRetryable"/>: 0 to
    /// 10, 2 unless set. The pauses are about 0.25 s, 0.5 s, 1 s and so on.</summary>
    public int MaxRetries { get; set; } = 2;

    internal TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>A copy, which nobody changes any more.</summary>
    /// <exception cref="ArgumentException">An option has a value that cannot be.</exception>
    internal EisenServingClientOptions Checked()
    {
        if ((Timeout <= TimeSpan.Zero || Timeout > LongestTimeout) && Timeout != System.Threading.Timeout.InfiniteTimeSpan)
            throw new ArgumentException($"{nameof(Timeout)} is {Timeout}; it takes a time above zero and at most {LongestTimeout.Days} days, or Timeout.InfiniteTimeSpan.");
        if (MaxAnswerBytes < 1 || MaxAnswerBytes > LargestAnswer)
            throw new ArgumentException($"{nameof(MaxAnswerBytes)} is {MaxAnswerBytes}; it takes 1 to {LargestAnswer}.");
        if (MaxRetries is < 0 or > 10)
            throw new ArgumentException($"{nameof(MaxRetries)} is {MaxRetries}; it takes 0 to 10.");
        return (EisenServingClientOptions)MemberwiseClone();
    }
}
