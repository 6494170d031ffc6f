using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Eisen.Serve.EndToEnd;

/// <summary>What <c>health</c>, <c>status</c> and <c>stop</c> tell in each moment of a server's life.</summary>
public sealed class HealthTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task Health_ServerLoadsServesAndIsKilled_TellsEach()
    {
        place.Configure("default_workers_per_model=1");
        GatedModel model = new(place);
        place.Run("health").ShouldBe(new CommandResult(1, "Unhealthy: Eisen.Serve is not running.\n", ""));
        place.Run("status").ShouldBe(new CommandResult(1, "Eisen.Serve is not running.\n", ""));
        place.Run("stop").ShouldBe(new CommandResult(1, "", "Eisen.Serve is not running.\n"));
        place.Stop().ShouldBe(new CommandResult(1, "", "Eisen.Serve is not running.\n"));
        Directory.Exists(place.RunFolder).ShouldBeFalse("they only ask");

        Task<CommandResult> start = Task.Run(() => place.Start("--models", model.Archive));
        await UntilHealthAsync("takes no requests");
        (await place.Inference.GetAsync("ping")).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        await Workplace.UntilAsync(() => Task.FromResult(place.Run("status").Output.Contains("gated 1.0: LOADING, 0 of 1 workers ready", StringComparison.Ordinal)), "the model is seen loading");
        place.Run("health").ExitCode.ShouldBe(1);
        model.Open();
        (await start).ExitCode.ShouldBe(0, (await start).ToString());

        place.Run("health").ShouldBe(new CommandResult(0, $"Healthy: http://127.0.0.1:{place.InferencePort} takes requests.\n", ""));
        int process = place.RecordedProcess!.Value;
        place.Run("status").ShouldBe(new CommandResult(
            0,
            $"""
            Eisen.Serve is running, process {process}: Healthy
              inference   http://127.0.0.1:{place.InferencePort}
              management  http://127.0.0.1:{place.ManagementPort}
              metrics     http://127.0.0.1:{place.MetricsPort}
              model       gated 1.0: READY, 1 of 1 workers ready
              log         {place.LogFolder}/ts_log.log

            """,
            ""));

        using Process server = Process.GetProcessById(process);
        server.Kill();
        await server.WaitForExitAsync();
        place.Run("health").ShouldBe(new CommandResult(1, "Unhealthy: Eisen.Serve is not running.\n", ""));
    }

    [Fact]
    public async Task Health_FirstOfTwoModelsIsReady_IsPartial()
    {
        GatedModel model = new(place);
        Task<CommandResult> start = Task.Run(() => place.Start("--models", place.Pack("double"), model.Archive));

        await UntilHealthAsync("Partial Healthy");

        place.Run("health").ExitCode.ShouldBe(0);
        model.Open();
        (await start).ExitCode.ShouldBe(0);
        place.Run("health").Output.ShouldStartWith("Healthy");
        place.Run("stop").Output.ShouldContain("has stopped");
    }

    [Fact]
    public async Task Health_ServerDrains_IsUnhealthyToItsEnd()
    {
        place.Configure("intra_op_threads=1");
        place.StartWith(place.Pack("sleeps"));
        Task<(HttpStatusCode Status, string Text)> running = await place.KeepBusyAsync("sleeps", 12000);

        Task<CommandResult> stop = Task.Run(() => place.Run("stop"));

        await UntilHealthAsync("takes no requests");
        place.Run("health").Output.ShouldEndWith("takes no requests: it is about to stop.\n");
        place.Run("status").Output.ShouldContain(": Stopping\n");
        running.IsCompleted.ShouldBeFalse("all of this happened while it ran");
        (await running).Status.ShouldBe(HttpStatusCode.OK);
        (await stop).ExitCode.ShouldBe(0);
        place.Run("health").Output.ShouldContain("not running");
    }

    [Fact]
    public void Health_ServerHangs_EndsInTime()
    {
        place.StartWith(place.Pack("double"));
        string server = $"{place.RecordedProcess}";

        place.RunCommand("kill", place.Folder, "-STOP", server).ExitCode.ShouldBe(0);
        CommandResult health = place.Run("health", "--timeout", "0.5");
        place.RunCommand("kill", place.Folder, "-CONT", server).ExitCode.ShouldBe(0);

        health.ShouldBe(new CommandResult(1, $"Unhealthy: http://127.0.0.1:{place.InferencePort} does not answer within 0.5 s.\n", ""));
        place.Run("health").ExitCode.ShouldBe(0);
        place.Run("stop").ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Health_ConfigFile_AsksTheAddressThatItHas()
    {
        place.Run("health", "--ts-config", place.ConfigFile).ShouldBe(new CommandResult(1, $"Unhealthy: http://127.0.0.1:{place.InferencePort} does not answer (Connection refused).\n", ""));
        place.StartWith(place.Pack("double"));

        place.Run("health", "--ts-config", place.ConfigFile).ExitCode.ShouldBe(0);
        place.Run("stop").ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Health_TlsAndTokens_NeedNothingMore()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=models.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.Now.AddDays(-1), DateTimeOffset.Now.AddDays(1));
        File.WriteAllText(Path.Combine(place.Folder, "c.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(place.Folder, "k.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllLines(place.ConfigFile,
        [
            $"inference_address=https://0.0.0.0:{place.InferencePort}", $"management_address=https://127.0.0.1:{place.ManagementPort}", "enable_metrics_api=false",
            $"certificate_file={place.Folder}/c.pem", $"private_key_file={place.Folder}/k.pem", $"token_key_file={place.Folder}/key_file.json",
        ]);
        place.StartWith(place.Pack("double"));

        place.Run("health").ShouldBe(new CommandResult(0, $"Healthy: https://0.0.0.0:{place.InferencePort} takes requests.\n", ""));
        CommandResult status = place.Run("status");
        status.Output.ShouldContain("double 1.0: READY, 1 of 1 workers ready");
        status.Output.ShouldContain($"tokens      {place.Folder}/key_file.json");
        status.Output.ShouldNotContain("metrics");
        place.Run("stop").ExitCode.ShouldBe(0);
    }

    [Fact]
    public void Status_KeysOfTheOperatorsOwn_TakesTheOneInTheEnvironment()
    {
        const string Keys = """{"inference": "inference-key-1234567", "management": "management-key-1234567"}""";
        string file = Path.Combine(place.Folder, "keys.json");
        File.WriteAllText(file, Keys);
        string socket = Path.Combine(place.Folder, "i.sock");
        File.WriteAllLines(place.ConfigFile, [$"inference_address=unix:{socket}", $"management_address=http://127.0.0.1:{place.ManagementPort}", "enable_metrics_api=false", $"access_keys_file={file}"]);
        place.StartWith(place.Pack("double"));

        place.Run("health").ShouldBe(new CommandResult(0, $"Healthy: unix:{socket} takes requests.\n", ""));
        place.Run("status").Output.ShouldContain("model       not told: the management listener does not answer, or needs a token (EISEN_SERVE_MANAGEMENT_KEY)");
        place.RunCommand("env", place.Folder, "EISEN_SERVE_MANAGEMENT_KEY=management-key-1234567", Workplace.Program, "status").Output.ShouldContain("double 1.0: READY");
        place.Run("stop").ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("NaN")]
    [InlineData("1e9")]
    public void Health_TimeoutOutOfBounds_IsAMistake(string seconds) =>
        place.Run("health", "--timeout", seconds).Errors.ShouldBe("eisen-serve: --timeout must be more than 0 and at most 3600 seconds\n");

    private Task UntilHealthAsync(string part) => Workplace.UntilAsync(() => Task.FromResult(place.Run("health").Output.Contains(part, StringComparison.Ordinal)), $"health says '{part}'");
}
