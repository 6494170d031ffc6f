namespace Eisen.Serve.Tests;

/// <summary>Environment variables that a test sets, and that get their old values back.</summary>
internal sealed class EnvironmentVariables : IDisposable
{
    private readonly (string Name, string? Value)[] before;

    public EnvironmentVariables(params (string Name, string? Value)[] variables)
    {
        before = [.. variables.Select(variable => (variable.Name, Environment.GetEnvironmentVariable(variable.Name)))];
        Set(variables);
    }

    public void Dispose() => Set(before);

    private static void Set((string Name, string? Value)[] variables)
    {
        foreach ((string name, string? value) in variables)
            Environment.SetEnvironmentVariable(name, value);
    }
}
