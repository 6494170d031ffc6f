namespace Eisen.Serve;

/// <summary>The interface that is served.</summary>
internal static class TorchServeInterface
{
    /// <summary>The version of TorchServe whose answers these are; clients and handlers may look at it.</summary>
    public const string Version = "0.12.0";
}
