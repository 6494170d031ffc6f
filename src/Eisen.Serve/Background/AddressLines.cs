namespace Eisen.Serve.Background;

/// <summary>Where a server is to be asked, as <c>--start</c> and <c>status</c> print it.</summary>
internal static class AddressLines
{
    /// <param name="inference">The inference listener's address.</param>
    /// <param name="management">The management listener's.</param>
    /// <param name="metrics">The metrics listener's; empty for none.</param>
    /// <param name="tokenFile">Where the tokens stand; null for none.</param>
    public static IEnumerable<string> Of(string inference, string management, string metrics, string? tokenFile)
    {
        yield return $"  inference   {inference}";
        yield return $"  management  {management}";
        if (metrics.Length > 0)
            yield return $"  metrics     {metrics}";
        if (tokenFile is not null)
            yield return $"  tokens      {tokenFile}";
    }
}
