using System.Net;
using System.Text;
using System.Text.Json;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.CSharpHandlers;

/// <summary>Handlers in C# from archives, as clients and whoever runs the server see them.</summary>
public sealed class HandlerTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Register_CodeIsNotAllowed_IsRefusedWithOneLine()
    {
        place.PackAcme("sum", "SumHandler");
        place.Start().ExitCode.ShouldBe(0);

        (HttpStatusCode status, string text) = await place.ManageAsync(HttpMethod.Post, "models?url=sum-1.0.mar&initial_workers=1&synchronous=true");

        status.ShouldNotBe(HttpStatusCode.OK, text);
        place.Log.ShouldContain("its handler 'Acme.Handlers.dll:Acme.Handlers.SumHandler' is C# code that the archive brings and that would run inside the server; for archives that you trust, allow_archive_code=true in config.properties allows it");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Predictions_HandlerThatUsesAllItIsGiven_AreAnswered()
    {
        const string Config = "minWorkers: 2\nbatchSize: 8\nmaxBatchDelay: 20\nhandler:\n  scale: 10\n";
        place.StartAllowing([place.PackAcme("sum", "SumHandler", Config), place.PackAcme("other", "SumHandler")]);

        (HttpStatusCode Status, string Text)[] answers = await Task.WhenAll(
            Enumerable.Range(1, 40).Select(i => place.AskAsync("sum", i % 10 == 0 ? "seven" : string.Join(' ', Enumerable.Repeat(i, i % 3 + 1)))));

        for (int i = 1; i <= answers.Length; i++)
        {
            if (i % 10 == 0)
            {
                answers[i - 1].Status.ShouldBe(HttpStatusCode.BadRequest);
                answers[i - 1].Text.ShouldContain("the body must be numbers with spaces between");
                continue;
            }

            answers[i - 1].Status.ShouldBe(HttpStatusCode.OK, answers[i - 1].Text);
            JsonElement answer = JsonDocument.Parse(answers[i - 1].Text).RootElement;
            answer.GetProperty("label").GetString().ShouldBe("brain");
            answer.GetProperty("total").GetDouble().ShouldBe(10 * 2 * i * (i % 3 + 1));
        }

        (await place.AskAsync("other", "1 2")).Text.ShouldBe("""{"label":"brain","total":6,"times":1}""", "its assemblies are its own");
        place.Stop().ExitCode.ShouldBe(0);
        place.ModelLog.ShouldContain("sum_1.0: a sum of 2 numbers for sum");
        File.ReadAllText(Path.Combine(place.LogFolder, "model_metrics.log")).ShouldContain("SumCount");
        place.Log.ShouldContain("the handler Acme.Handlers.SumHandler is loaded from the archive; its code runs inside the server");
    }

    [Fact]
    public async Task Pack_AssemblyAndItsOwn_IsCheckedInspectedAndServed()
    {
        string sample = Path.Combine(place.Folder, "sample.txt");
        File.WriteAllText(sample, "1 2 3");
        string label = Path.Combine(place.Folder, "label.json");
        File.WriteAllText(label, """{"label": "heart"}""");
        string[] pack =
        [
            "pack", "--model-name", "sum", "--version", "1.0", "--serialized-file", Fixtures.PathOf("modules/double.pt"), "--export-path", place.ModelStore,
            "--handler", $"{AcmeArchives.BuiltFolder}/Acme.Handlers.dll:Acme.Handlers.SumHandler", "--sample", sample, "--extra-files", label,
        ];

        place.Run(pack).Errors.ShouldContain("'Acme.Handlers.dll' needs Acme.Measures.dll, which is not in the archive: add it with --extra-files");
        CommandResult packed = place.Run([.. pack, $"{AcmeArchives.BuiltFolder}/Acme.Measures.dll"]);
        packed.ExitCode.ShouldBe(0, packed.ToString());
        packed.Output.ShouldContain("""{"label":"heart","total":12,"times":1}""");
        CommandResult inspected = place.Run("inspect", Path.Combine(place.ModelStore, "sum.mar"));
        inspected.ExitCode.ShouldBe(0, inspected.ToString());
        inspected.Output.ShouldContain("Acme.Handlers.dll:Acme.Handlers.SumHandler");

        place.StartAllowing(["sum.mar"]);
        (await place.AskAsync("sum", "4")).Text.ShouldBe("""{"label":"heart","total":8,"times":1}""");
        place.Stop().ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Predictions_Stream_ComesPartByPart()
    {
        place.StartAllowing([place.PackAcme("count", "CountsDown", $"minWorkers: 1\nhandler:\n  cancelledFile: {place.Folder}/cancelled\n")]);

        using (HttpResponseMessage response = await SendAsync("4"))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Headers.TransferEncodingChunked.ShouldBe(true);
            response.Headers.GetValues("ts_stream_next").ShouldBe(["true"]);
            (await response.Content.ReadAsStringAsync()).ShouldBe("8\n6\n4\n2\n");
        }

        using (HttpResponseMessage response = await SendAsync("2", "text/event-stream"))
        {
            response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            (await response.Content.ReadAsStringAsync()).ShouldBe("data: 4\ndata: \n\ndata: 2\ndata: \n\n");
        }

        // Before the first part an error is an error; after it the answer breaks off, or says so.
        using (HttpResponseMessage refused = await SendAsync("many"))
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using (HttpResponseMessage failed = await SendAsync("13"))
            failed.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Should.ThrowAsync<HttpRequestException>(async () =>
        {
            using HttpResponseMessage broken = await SendAsync("14");
            await broken.Content.ReadAsStringAsync();
        });
        using (HttpResponseMessage broken = await SendAsync("14", "text/event-stream"))
            (await broken.Content.ReadAsStringAsync()).ShouldBe("data: 28\ndata: \n\nevent: error\ndata: Prediction failed\n\n");

        place.Stop().ExitCode.ShouldBe(0);
        File.Exists($"{place.Folder}/cancelled").ShouldBeFalse();
    }

    [Fact]
    public async Task Predictions_ClientLeavesAStream_CancelsTheHandler()
    {
        place.StartAllowing([place.PackAcme("count", "CountsDown", $"minWorkers: 1\nhandler:\n  cancelledFile: {place.Folder}/cancelled\n")]);

        using (HttpResponseMessage response = await SendAsync("-1"))
        {
            using Stream body = await response.Content.ReadAsStreamAsync();
            byte[] first = new byte[3];
            await body.ReadExactlyAsync(first);
            Encoding.UTF8.GetString(first).ShouldBe("-2\n");
        }

        await Workplace.UntilAsync(() => Task.FromResult(File.Exists($"{place.Folder}/cancelled")), "the handler is cancelled");
        (await place.AskAsync("count", "1")).ShouldBe((HttpStatusCode.OK, "2\n"), "its only worker is free again");
        place.Stop().ExitCode.ShouldBe(0);
    }

    private async Task<HttpResponseMessage> SendAsync(string body, string? accept = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "predictions/count") { Content = new StringContent(body) };
        if (accept is not null)
            request.Headers.Accept.ParseAdd(accept);
        return await place.Inference.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
