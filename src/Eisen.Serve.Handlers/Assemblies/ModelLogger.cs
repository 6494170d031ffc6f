using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Handlers;

/// <summary>
/// The logger that a handler gets. What goes on to the model log is text: no object of the handler's stays in a queue when its
/// assembly is to go. Long lines are cut, and too many are left out.
/// </summary>
/// <param name="model">What stands before each line.</param>
/// <param name="log">The model log.</param>
/// <param name="time">The clock.</param>
internal sealed class ModelLogger(string model, ILogger log, TimeProvider time) : ILogger, ILoggerFactory
{
    private readonly LogBudget budget = new(count => AssemblyLog.LinesLeftOut(log, model, count), time);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && log.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (!IsEnabled(logLevel))
            return;
        WriteLines(logLevel, formatter(state, exception));
        if (exception is not null)
            WriteLines(logLevel, exception.ToString());
    }

    // One log for all of a handler's classes: their budget is the model's.
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // Where lines go is the server's matter.
    }

    /// <summary>Tells of what was left out last.</summary>
    public void Dispose() => budget.TellWhatWasLeftOut();

    private void WriteLines(LogLevel level, string? text)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int kept = Math.Min(line.Length, LogBudget.LongestLine);
            if (!line.IsWhiteSpace() && budget.Allow(kept))
                AssemblyLog.Line(log, level, model, kept == line.Length ? line.ToString() : $"{line[..kept]} ... ({line.Length - kept} characters more)");
        }
    }
}
