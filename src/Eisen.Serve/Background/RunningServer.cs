using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Data;

namespace Eisen.Serve.Background;

/// <summary>The server that a run folder belongs to, as its own record tells of it.</summary>
internal static class RunningServer
{
    /// <summary>What is said when there is none.</summary>
    public const string NotRunning = "Eisen.Serve is not running";

    /// <summary>Finds the record of the server that runs.</summary>
    /// <remarks>It takes no look at the lock: for that moment a server could not be started.</remarks>
    public static bool TryFind(RunFolder? folder, [NotNullWhen(true)] out ServerRecord? record)
    {
        record = folder?.ReadRecord();
        return record?.Process.IsAlive == true;
    }

    /// <summary>Reads an address of a record.</summary>
    /// <exception cref="UserMistakeException">It is none: somebody else has written there.</exception>
    public static ListenAddress Address(string recorded) =>
        ListenAddress.TryParse(recorded, out ListenAddress? address, out _)
            ? address
            : throw new UserMistakeException($"the record of the running server has {PrintableText.Quoted(recorded)} for an address");

    /// <summary>Asks a listener for <c>/ping</c>.</summary>
    /// <returns>The word that it answers with, and whether requests should be sent there.</returns>
    /// <exception cref="NoAnswerException">Nobody answers, or not in time, or it is no such server.</exception>
    public static async Task<(string Word, bool IsServing)> PingAsync(ListenAddress inference, TimeSpan patience, CancellationToken cancellationToken)
    {
        using ServerQuestion question = new(inference, patience);
        (HttpStatusCode status, string body) = await question.AskAsync("/ping", cancellationToken);
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return (PrintableText.Shortened(json.RootElement.GetProperty("status").GetString() ?? ""), status == HttpStatusCode.OK);
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new NoAnswerException($"answers with {(int)status}, but not as Eisen.Serve does", other);
        }
    }
}
