using System.Net;

namespace Eisen.Serve.Logging;

/// <summary>A request that has been answered.</summary>
/// <param name="Time">When it was.</param>
/// <param name="Remote">Who asked; null over a Unix socket.</param>
/// <param name="RemotePort">From which port.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">What was asked for, as it was sent.</param>
/// <param name="Protocol">The version of HTTP.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="RequestId">The id that the answer had.</param>
internal readonly record struct AccessEntry(
    DateTimeOffset Time, IPAddress? Remote, int RemotePort, string Method, string Target, string Protocol, int Status, long Milliseconds, string RequestId);
