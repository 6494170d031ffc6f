namespace Eisen.Serve.Engine;

/// <summary>Where a handler runs.</summary>
public enum HandlerPlace
{
    /// <summary>In this process: it is built in.</summary>
    InProcess,

    /// <summary>In this process: it is a class of an assembly that the archive brings.</summary>
    Assembly,

    /// <summary>In a Python worker.</summary>
    Python,
}
