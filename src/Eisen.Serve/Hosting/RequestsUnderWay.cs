namespace Eisen.Serve.Hosting;

/// <summary>How many requests are being answered at the moment.</summary>
internal sealed class RequestsUnderWay
{
    private int count;

    /// <summary>The number.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Counts a request while it runs.</summary>
    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref count);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref count);
        }
    }
}
