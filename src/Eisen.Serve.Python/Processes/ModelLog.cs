using System.Text;
using Eisen.Serve.Handlers;
using Microsoft.Extensions.Logging;

namespace Eisen.Serve.Python;

/// <summary>
/// Turns what a process prints into lines of the model log, with levels. Lines are cut where they are too long, and left
/// out where they are too many: a process that prints without end costs neither memory nor the disk, and is read on, so
/// that it does not hang in its printing.
/// </summary>
/// <param name="worker">What stands before each line.</param>
/// <param name="logger">The model log.</param>
/// <param name="time">The clock.</param>
internal sealed class ModelLog(string worker, ILogger logger, TimeProvider time)
{
    // The worker's own logging writes it before a line, and a letter for the level after it.
    private const byte LevelMark = 0x1e;

    private readonly LogBudget budget = new(count => PythonLog.LinesLeftOut(logger, worker, count), time);

    /// <summary>The last line of standard error that was not blank, or null: what a traceback ends with.</summary>
    public string? LastError { get; private set; }

    /// <summary>Reads a stream to its end; never throws for what comes.</summary>
    /// <param name="stream">Standard output or standard error.</param>
    /// <param name="isError">Which of the two.</param>
    public async Task ReadAsync(Stream stream, bool isError)
    {
        byte[] buffer = new byte[LogBudget.LongestLine];
        byte[] line = new byte[LogBudget.LongestLine];
        int length = 0;
        long cut = 0;
        try
        {
            while (await stream.ReadAsync(buffer) is int count and > 0)
            {
                ReadOnlyMemory<byte> rest = buffer.AsMemory(0, count);
                while (!rest.IsEmpty)
                {
                    int end = rest.Span.IndexOf((byte)'\n');
                    ReadOnlyMemory<byte> piece = end < 0 ? rest : rest[..end];
                    int kept = Math.Min(piece.Length, line.Length - length);
                    piece[..kept].CopyTo(line.AsMemory(length));
                    length += kept;
                    cut += piece.Length - kept;
                    rest = end < 0 ? default : rest[(end + 1)..];
                    if (end < 0)
                        continue;
                    Write(line.AsSpan(0, length), cut, isError);
                    (length, cut) = (0, 0);
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody wants the rest.
        }

        if (length > 0)
            Write(line.AsSpan(0, length), cut, isError);
        budget.TellWhatWasLeftOut();
    }

    private void Write(ReadOnlySpan<byte> line, long cut, bool isError)
    {
        LogLevel level = isError ? LogLevel.Warning : LogLevel.Information;
        if (line is [LevelMark, byte letter, ..])
        {
            level = letter switch { (byte)'D' => LogLevel.Debug, (byte)'W' => LogLevel.Warning, (byte)'E' => LogLevel.Error, _ => LogLevel.Information };
            line = line[2..];
        }

        string text = Encoding.UTF8.GetString(line).TrimEnd();
        if (text.Length == 0)
            return;
        if (cut > 0)
            text += $" ... ({cut} bytes more)";
        if (isError || level == LogLevel.Error)
            LastError = text;
        if (budget.Allow(text.Length))
            PythonLog.Line(logger, level, worker, text);
    }
}
