namespace Eisen.Serve.EndToEnd;

/// <summary>What a command printed, and its exit code.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"exit code {ExitCode}\n{Output}{Errors}";
}
