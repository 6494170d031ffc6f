using System.Net;
using Eisen.Serve.Client;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>The C# client and a server that can take no more.</summary>
public sealed class BusyServerTests : IDisposable
{
    private readonly Workplace place = new();

    // It kills a server whose worker never ends.
    public void Dispose() => place.Dispose();

    [Fact]
    public async Task PredictAsync_QueueIsFull_MayBeAskedAgain()
    {
        place.Configure("job_queue_size=1", "intra_op_threads=1");
        place.StartWith(place.PackEisen("sleeps", Fixtures.PathOf("modules/sleeps.pt"), ("metadata.json", EisenArchives.OneToOne)));
        using EisenServingClient client = new(new Uri($"http://127.0.0.1:{place.InferencePort}/predictions/sleeps"), new EisenServingClientOptions { MaxRetries = 0 });
        using CancellationTokenSource enough = new();
        using FieldDictionary endless = new();
        endless["x"] = endless.Own(NDArray.Copy<float>([Asking.Endless], 1));

        // One runs, one waits, and that is all that may.
        Task<FieldDictionary>[] calls = [.. Enumerable.Range(0, 3).Select(_ => client.PredictAsync(endless, enough.Token))];
        EisenServerException error = await Should.ThrowAsync<EisenServerException>(await Task.WhenAny(calls));

        error.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        error.Type.ShouldBe("ServiceUnavailableException");
        error.IsRetryable.ShouldBeTrue();

        await enough.CancelAsync();
        foreach (Task<FieldDictionary> call in calls.Where(call => !call.IsFaulted))
            await Should.ThrowAsync<OperationCanceledException>(call);
        // What waited is not run any more when nobody waits for it.
        await place.UntilWaitingAsync("sleeps", 0);
    }
}
