namespace Eisen.Serve.Handlers;

/// <summary>How much of what a model's own code logs is kept: a mebibyte a second. Lines beyond it are counted, and told of when the next second
/// begins.</summary>
/// <param name="tellLeftOut">Gets the number of lines that were left out, with the budget's lock held.</param>
/// <param name="time">The clock.</param>
public sealed class LogBudget(Action<long> tellLeftOut, TimeProvider time)
{
    /// <summary>The longest line, in bytes or characters; what is longer should be cut.</summary>
    public const int LongestLine = 8 << 10;

    /// <summary>How much may be logged in a second.</summary>
    public const int BytesPerSecond = 1 << 20;

    // A line costs its time and name, too.
    private const int BytesBesideText = 100;

    private readonly Lock budget = new();
    private long secondBegan = time.GetTimestamp();
    private int bytesInSecond;
    private long linesLeftOut;

    /// <summary>Takes a line's bytes from the budget.</summary>
    /// <returns>False when there are not so many left: the line is to be left out.</returns>
    public bool Allow(int bytes)
    {
        lock (budget)
        {
            if (time.GetElapsedTime(secondBegan) >= TimeSpan.FromSeconds(1))
            {
                TellWhatWasLeftOut();
                secondBegan = time.GetTimestamp();
                bytesInSecond = 0;
            }

            bytesInSecond = (int)Math.Min((long)bytesInSecond + bytes + BytesBesideText, int.MaxValue);
            if (bytesInSecond <= BytesPerSecond)
                return true;
            linesLeftOut++;
            return false;
        }
    }

    /// <summary>Tells what has been left out since it was told last, if anything was.</summary>
    public void TellWhatWasLeftOut()
    {
        lock (budget)
        {
            if (linesLeftOut > 0)
                tellLeftOut(linesLeftOut);
            linesLeftOut = 0;
        }
    }
}
