using System.CommandLine;
using System.CommandLine.Parsing;
using Eisen.Serve.Data;

namespace Eisen.Serve.CommandLine;

/// <summary>What is wrong with a command line, in one line.</summary>
internal static class CommandLineMistakes
{
    /// <summary>Throws for an option that is unknown or lacks its value, and for what belongs to no option.</summary>
    /// <exception cref="UserMistakeException">Something is wrong; the nearest right option is named.</exception>
    public static void ThrowIfAny(ParseResult result, Command command)
    {
        // An option that is not known is taken for a value of the option before it, or left over.
        string[] names = [.. command.Options.SelectMany(option => option.Aliases.Append(option.Name)).Where(name => name.StartsWith("--", StringComparison.Ordinal))];
        foreach (string token in result.UnmatchedTokens.Concat(ValuesOf(result)))
        {
            if (token.StartsWith('-'))
                throw new UserMistakeException($"unknown option '{token}'{Nearest.DidYouMean(token, names)}");
        }

        if (result.UnmatchedTokens is [string stray, ..])
        {
            string? nearest = Nearest.Find("--" + stray, names) ?? Nearest.Find(stray, command.Subcommands.Select(subcommand => subcommand.Name));
            throw new UserMistakeException($"'{stray}' belongs to no option{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
        }

        foreach (ParseError error in result.Errors)
            throw new UserMistakeException(error.Message);
    }

    private static IEnumerable<string> ValuesOf(ParseResult result) =>
        result.CommandResult.Children.OfType<OptionResult>().SelectMany(option => option.Tokens).Select(token => token.Value);
}
