namespace Eisen.Serve.Background;

/// <summary>
/// The file that standard output and error go to while the server runs in the background: what native libraries print. It
/// begins anew when it is long, and the one before it is kept.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="longest">How many bytes it may have at a look.</param>
/// <param name="time">The clock.</param>
/// <param name="redirect">Sends output to a file that has been opened.</param>
internal sealed class ConsoleLog(string path, long longest, TimeProvider time, Action<FileStream> redirect) : IDisposable
{
    /// <summary>The longest that it is unless somebody prints much between two looks, in bytes.</summary>
    public const long DefaultLongest = 10 << 20;

    /// <summary>The time between two looks at its length.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private ITimer? looks;

    /// <summary>The file before the one that is written.</summary>
    public string Previous => Path.ChangeExtension(path, null) + "_001" + Path.GetExtension(path);

    /// <summary>Sends standard output and error there from now on.</summary>
    public void Begin()
    {
        Redirect();
        looks = time.CreateTimer(static log => ((ConsoleLog)log!).Redirect(), this, LookInterval, LookInterval);
    }

    public void Dispose() => looks?.Dispose();

    private void Redirect()
    {
        try
        {
            bool isLong = new FileInfo(path) is { Exists: true } file && file.Length > longest;
            if (isLong)
                File.Move(path, Previous, overwrite: true);
            if (isLong || looks is null)
            {
                using FileStream opened = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
                redirect(opened);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The server does not start without a log folder, and its report has said so; later ones go on in the file that is open.
        }
    }
}
