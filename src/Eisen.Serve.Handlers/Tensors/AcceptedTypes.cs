using System.Net.Http.Headers;

namespace Eisen.Serve.Handlers;

/// <summary>Reads <c>Accept</c>.</summary>
internal static class AcceptedTypes
{
    /// <summary>What a client likes best among what can be had; of several that it likes alike, the first.</summary>
    /// <param name="accept">The header field; null for none.</param>
    /// <param name="find">What a media type stands for, and whether it counts.</param>
    /// <returns>The default of <typeparamref name="T"/> when it takes any, or none that there is.</returns>
    public static T? Best<T>(string? accept, Func<string?, (bool Counts, T? Value)> find)
    {
        T? best = default;
        double bestQuality = 0;
        if (string.IsNullOrEmpty(accept))
            return best;
        foreach (Range range in accept.AsSpan().Split(','))
        {
            if (!MediaTypeWithQualityHeaderValue.TryParse(accept[range].Trim(), out MediaTypeWithQualityHeaderValue? type) || (type.Quality ?? 1) <= bestQuality)
                continue;
            (bool counts, T? value) = find(type.MediaType);
            if (counts)
                (best, bestQuality) = (value, type.Quality ?? 1);
        }

        return best;
    }
}
