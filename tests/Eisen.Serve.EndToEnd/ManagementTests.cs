using System.Net;
using System.Text;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>Changes of models while the server runs.</summary>
public sealed class ManagementTests(ManagedServer server) : IClassFixture<ManagedServer>
{
    private readonly Workplace place = server.Place;

    [Fact]
    public async Task Register_WithOptions_AreSeenInTheDescription()
    {
        (HttpStatusCode status, string text) = await RegisterAsync(
            "url=double.mar&model_name=optioned&batch_size=4&max_batch_delay=50&initial_workers=2&response_timeout=33&synchronous=true");

        status.ShouldBe(HttpStatusCode.OK, text);
        text.ShouldContain("Model \\\"optioned\\\" Version: 1.0 registered with 2 initial workers");
        JsonElement model = await place.DescribeAsync("optioned");
        model.GetProperty("modelUrl").GetString().ShouldBe("double.mar");
        model.GetProperty("batchSize").GetInt32().ShouldBe(4);
        model.GetProperty("maxBatchDelay").GetInt32().ShouldBe(50);
        model.GetProperty("responseTimeout").GetInt32().ShouldBe(33);
        model.GetProperty("minWorkers").GetInt32().ShouldBe(2);
        model.GetProperty("loadedAtStartup").GetBoolean().ShouldBeFalse();
        model.GetProperty("status").GetString().ShouldBe("READY");
        (await place.ReadyWorkersAsync("optioned")).ShouldBe(2);
        (await place.AskAsync("optioned", "[3]")).Text.ShouldBe("[\n  6.0\n]");
    }

    [Fact]
    public async Task Register_NotSynchronous_AnswersAtOnceAndBecomesReady()
    {
        (await RegisterAsync("url=double.mar&model_name=later&synchronous=false")).Status.ShouldBe(HttpStatusCode.Accepted);

        await Workplace.UntilAsync(async () => (await place.AskAsync("later", "[3]")).Status == HttpStatusCode.OK, "the model answers");
    }

    [Fact]
    public async Task Register_JsonBody_IsTakenAsAQueryIs()
    {
        using StringContent body = new("""{"url": "double.mar", "model_name": "described", "batch_size": 3}""", Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await place.Management.PostAsync("models", body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await place.DescribeAsync("described")).GetProperty("batchSize").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Register_VersionThatIsThere_Is409()
    {
        (await RegisterAsync("url=double.mar&model_name=twice")).Status.ShouldBe(HttpStatusCode.OK);

        (HttpStatusCode status, string text) = await RegisterAsync("url=double.mar&model_name=twice");

        status.ShouldBe(HttpStatusCode.Conflict);
        text.ShouldContain("Model version 1.0 is already registered for model twice");
        (await place.AskAsync("twice", "[3]")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("", 400, "url is required")]
    [InlineData("url=", 404, "empty url")]
    [InlineData("url=missing.mar", 404, "Model not found at: missing.mar")]
    [InlineData("url=../outside.mar", 404, "Relative path is not allowed")]
    [InlineData("url=..%2Foutside.mar", 404, "Relative path is not allowed")]
    [InlineData("url=%2Fetc%2Fpasswd", 404, "Model not found at: /etc/passwd")]
    [InlineData("url=a%00b.mar", 404, "Model not found at")]
    [InlineData("url=bad.mar", 400, "bad.mar")]
    [InlineData("url=double.mar&model_name=..%2Fx", 400, "cannot be a model's name")]
    public async Task Register_WhatCannotBe_SaysWhy(string query, int status, string message)
    {
        (HttpStatusCode given, string text) = await RegisterAsync(query);

        ((int)given).ShouldBe(status, text);
        using JsonDocument error = JsonDocument.Parse(text);
        error.RootElement.GetProperty("message").GetString()!.ShouldContain(message);
    }

    [Fact]
    public async Task Scale_ToZeroAndUpAgain_RefusesAndAnswersAgain()
    {
        (await RegisterAsync("url=double.mar&model_name=scaled")).Status.ShouldBe(HttpStatusCode.OK);

        (await place.ManageAsync(HttpMethod.Put, "models/scaled?min_worker=3&synchronous=true")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.ReadyWorkersAsync("scaled")).ShouldBe(3);

        (await place.ManageAsync(HttpMethod.Put, "models/scaled?min_worker=0&synchronous=true")).Text.ShouldContain("Workers scaled to 0 for model: scaled");
        (await place.ReadyWorkersAsync("scaled")).ShouldBe(0);
        (HttpStatusCode status, string text) = await place.AskAsync("scaled", "[3]");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        text.ShouldContain("has no worker to serve inference request");

        (await place.ManageAsync(HttpMethod.Put, "models/scaled/1.0?min_worker=1&max_worker=2")).Status.ShouldBe(HttpStatusCode.Accepted);
        await Workplace.UntilAsync(async () => (await place.AskAsync("scaled", "[3]")).Status == HttpStatusCode.OK, "the model answers again");
        (await place.DescribeAsync("scaled")).GetProperty("maxWorkers").GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("models/optionless?min_worker=1", 404)]
    [InlineData("models/limits/9.9?min_worker=1", 404)]
    [InlineData("models/limits?min_worker=3&max_worker=2", 400)]
    [InlineData("models/limits?min_worker=-1", 400)]
    [InlineData("models/limits?min_worker=abc", 400)]
    [InlineData("models/limits?min_worker=1000000", 400)]
    [InlineData("models/limits/9.9/set-default", 404)]
    public async Task Change_WhatCannotBe_IsRefusedAndChangesNothing(string path, int status)
    {
        await RegisterAsync("url=double.mar&model_name=limits");

        ((int)(await place.ManageAsync(HttpMethod.Put, path)).Status).ShouldBe(status);

        (await place.ReadyWorkersAsync("limits")).ShouldBe(1);
    }

    [Fact]
    public async Task Register_NoWorkers_WaitsForScaling()
    {
        (await RegisterAsync("url=double.mar&model_name=idle&initial_workers=0")).Text.ShouldContain("Use scale workers API");
        (await place.AskAsync("idle", "[3]")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await place.ManageAsync(HttpMethod.Put, "models/idle?min_worker=1&synchronous=true");

        (await place.AskAsync("idle", "[3]")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Versions_TwoOfAModel_AnswerAsTheDefaultSays()
    {
        const string One = "[\n  3.0\n]";
        const string Two = "[\n  6.0\n]";
        (await RegisterAsync("url=double.mar")).Status.ShouldBe(HttpStatusCode.OK);
        (await RegisterAsync("url=double2.mar")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.AskAsync("double", "[3]")).Text.ShouldBe(Two, "the first one is the default");
        (await place.AskAsync("double/2.0", "[3]")).Text.ShouldBe(One);

        (HttpStatusCode status, string text) = await place.ManageAsync(HttpMethod.Delete, "models/double/1.0");
        status.ShouldBe(HttpStatusCode.Forbidden);
        text.ShouldContain("Cannot remove default version for model double");

        (await place.ManageAsync(HttpMethod.Put, "models/double/2.0/set-default")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.AskAsync("double", "[3]")).Text.ShouldBe(One);
        (await place.ManageAsync(HttpMethod.Delete, "models/double/1.0")).Text.ShouldContain("Model \\\"double\\\" unregistered");
        (await place.AskAsync("double/1.0", "[3]")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await place.ManageAsync(HttpMethod.Delete, "models/double")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.AskAsync("double", "[3]")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await place.ManageAsync(HttpMethod.Delete, "models/double")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Unregister_RequestUnderWay_IsAnsweredFirst()
    {
        (await RegisterAsync("url=sleeps.mar&model_name=leaving")).Status.ShouldBe(HttpStatusCode.OK);
        Task<(HttpStatusCode Status, string Text)> running = await place.KeepBusyAsync("leaving", 8000);
        Task<(HttpStatusCode Status, string Text)> waiting = place.AskAsync("leaving", "[1]");
        await place.UntilWaitingAsync("leaving", 1);

        Task<(HttpStatusCode Status, string Text)> unregistering = place.ManageAsync(HttpMethod.Delete, "models/leaving");
        await Workplace.UntilAsync(async () => (await place.AskAsync("leaving", "[1]")).Status == HttpStatusCode.NotFound, "nothing new is taken");

        (await running).ShouldBe((HttpStatusCode.OK, "[\n  8000.0\n]"));
        (await waiting).ShouldBe((HttpStatusCode.OK, "[\n  1.0\n]"));
        (await unregistering).Status.ShouldBe(HttpStatusCode.OK);
    }

    private Task<(HttpStatusCode Status, string Text)> RegisterAsync(string query) => place.ManageAsync(HttpMethod.Post, $"models?{query}");
}
