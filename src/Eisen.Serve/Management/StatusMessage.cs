namespace Eisen.Serve.Management;

/// <summary>What a change of models says of itself.</summary>
/// <param name="Status">A sentence.</param>
internal sealed record StatusMessage(string Status);
