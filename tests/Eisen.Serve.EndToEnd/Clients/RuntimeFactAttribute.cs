using System.Diagnostics;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>A test for whom a runtime must be there that setting up does not install; skipped, and told so, where it is not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RuntimeFactAttribute : FactAttribute
{
    /// <param name="command">Ends with 0 where the runtime is there.</param>
    /// <param name="args">The command's arguments.</param>
    public RuntimeFactAttribute(string command, params string[] args)
    {
        if (!IsThere(command, args))
            Skip = $"'{command} {string.Join(' ', args)}' fails: the runtime is not there.";
    }

    private static bool IsThere(string command, string[] args)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
