using System.Text;
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
    internal const int LongestLine = 8 << 10;
    internal const int BytesPerSecond = 1 << 20;

    // The worker's own logging writes it before a line, and a letter for the level after it.
    private const byte LevelMark = 0x1e;

    private readonly Lock budget = new();
    private long secondBegan = time.GetTimestamp();
    private int bytesInSecond;
    private long linesLeftOut;

    /// <summary>The last line of standard error that was not blank, or null: what a traceback ends with.</summary>
    public string? LastError { get; private set; }

    /// <summary>Reads a stream to its end; never throws for what comes.</summary>
    /// <param name="stream">Standard output or standard error.</param>
    /// <param name="isError">Which of the two.</param>
    public async Task ReadAsync(Stream stream, bool isError)
    {
        byte[] buffer = new byte[LongestLine];
        byte[] line = new byte[LongestLine];
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
        TellWhatWasLeftOut();
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
        if (Allow(text.Length))
            PythonLog.Line(logger, level, worker, text);
    }

    private bool Allow(int bytes)
    {
        lock (budget)
        {
            if (time.GetElapsedTime(secondBegan) >= TimeSpan.FromSeconds(1))
            {
                TellWhatWasLeftOut();
                secondBegan = time.GetTimestamp();
                bytesInSecond = 0;
            }

            // A line costs its time and name, too.
            bytesInSecond += bytes + 100;
            if (bytesInSecond <= BytesPerSecond)
                return true;
            linesLeftOut++;
            return false;
        }
    }

    private void TellWhatWasLeftOut()
    {
        lock (budget)
        {
            if (linesLeftOut > 0)
                PythonLog.LinesLeftOut(logger, worker, linesLeftOut);
            linesLeftOut = 0;
        }
    }
}
