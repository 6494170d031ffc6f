namespace Eisen.Serve.Client;

/// <summary>The inputs are not what the model's metadata asks for. Nothing was sent.</summary>
public sealed class EisenInputException : EisenServingException
{
    internal EisenInputException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>Everything that is wrong, one line each.</summary>
    public IReadOnlyList<string> Problems { get; }
}
