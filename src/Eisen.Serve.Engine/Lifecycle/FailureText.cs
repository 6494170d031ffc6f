using Eisen.Serve.Archive;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>What a failure says in a status and in the log.</summary>
public static class FailureText
{
    private const int MaxLength = 2000;

    /// <summary>A failure's cause in one line.</summary>
    public static string InOneLine(Exception failure) => InOneLine(FirstCause(failure));

    /// <summary>A text in one line. What an archive wrote reaches a terminal: nothing of it may break the line or move the cursor.</summary>
    public static string InOneLine(string text) => PrintableText.Shortened(text.ReplaceLineEndings(" "), MaxLength);

    /// <summary>Whether the message of a failure was written for whoever reads the status.</summary>
    public static bool IsOurs(Exception failure) =>
        failure is HandlerConfigurationException or ModelLoadException or ArchiveException or TimeoutException or WorkerDiedException;

    /// <summary>What a user can act on: libtorch's errors continue with many lines of where it noticed.</summary>
    public static string FirstCause(Exception failure)
    {
        if (failure is not TorchException && !IsOurs(failure))
            return $"{failure.GetType().Name}: {failure.Message}";
        string[] lines = failure.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // A TorchScript traceback ends with what was raised; anything else begins with it.
        bool isTraceback = lines.Any(line => line.StartsWith("Traceback of TorchScript", StringComparison.Ordinal));
        return lines is [] ? failure.GetType().Name : isTraceback ? lines[^1] : lines[0];
    }
}
