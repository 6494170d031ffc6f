namespace Eisen.Serve.Packing;

/// <summary>Keeps what a handler warns of, to be printed.</summary>
internal sealed class WarningList : ILogger
{
    private readonly List<string> messages = [];

    public IReadOnlyList<string> Messages => messages;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            messages.Add(formatter(state, exception));
    }
}
