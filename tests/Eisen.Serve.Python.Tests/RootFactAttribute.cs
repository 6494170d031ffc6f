namespace Eisen.Serve.Python.Tests;

/// <summary>A test of what only root can do; the report says so where it was skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "Only root can change the user of a worker.";
    }
}
