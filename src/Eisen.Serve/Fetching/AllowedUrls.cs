using System.Text.RegularExpressions;

namespace Eisen.Serve.Fetching;

/// <summary>
/// The addresses that archives may be registered from: regular expressions that have to match the whole address
/// (<c>allowed_urls</c>). Without any, none may; TorchServe's default is every address there is.
/// </summary>
internal sealed class AllowedUrls
{
    // Patterns are the operator's and addresses a client's: no pair of them may keep the processor.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromMilliseconds(100);

    private readonly (string Text, Regex Pattern)[] patterns;

    /// <exception cref="ArgumentException">One of them is not a regular expression; the message tells which.</exception>
    public AllowedUrls(IEnumerable<string> patterns) => this.patterns = [.. patterns.Select(text => (text, Parse(text)))];

    /// <summary>Whether an archive may be registered from an address.</summary>
    public bool Allow(Uri url) => IsPlain(url) && patterns.Any(each => Matches(each.Pattern, url.OriginalString));

    /// <summary>Whether an address's host was named: a pattern that allows the address spells it out. Only then may it be in
    /// a private network, which a pattern such as <c>http://.*</c> hardly meant.</summary>
    public bool Name(Uri url) => patterns.Any(each => Matches(each.Pattern, url.OriginalString) && SpellsOut(each.Text, url.Host));

    // What a pattern sees must be what a connection is made to: no user name before the host, no other spelling of it.
    private static bool IsPlain(Uri url) =>
        url.OriginalString.StartsWith($"{url.Scheme}://{url.Host}", StringComparison.OrdinalIgnoreCase)
        && url.OriginalString.AsSpan(url.Scheme.Length + "://".Length + url.Host.Length) is [] or [':' or '/' or '?', ..]
        && url.UserInfo.Length == 0;

    private static bool SpellsOut(string pattern, string host)
    {
        // A dot is meant where one is written, escaped or not.
        string plain = pattern.Replace("\\", "", StringComparison.Ordinal);
        for (int at = 0; (at = plain.IndexOf(host, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            if (HostBegins(plain.AsSpan(0, at)) && HostEnds(plain.AsSpan(at + host.Length)))
                return true;
        }

        return false;
    }

    // Whatever could be a part of the host's name, or stand for one, must not be beside it.
    private static bool HostBegins(ReadOnlySpan<char> before) =>
        before is not [.., char last] || !(char.IsAsciiLetterOrDigit(last) || last is '.' or '-' or '*' or '+' or '?' or '}' or ']' or ')');

    private static bool HostEnds(ReadOnlySpan<char> after) => after switch
    {
        ['.', char next, ..] => !char.IsAsciiLetterOrDigit(next),
        [char next, ..] => !char.IsAsciiLetterOrDigit(next) && next != '-',
        _ => true,
    };

    private static bool Matches(Regex pattern, string url)
    {
        try
        {
            return pattern.IsMatch(url);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static Regex Parse(string text)
    {
        try
        {
            return new Regex($@"\A(?:{text})\z", RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException mistake)
        {
            throw new ArgumentException($"'{text}' is not a regular expression: {mistake.Message}", mistake);
        }
    }
}
