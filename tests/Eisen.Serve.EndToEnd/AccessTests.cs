using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Eisen.Serve.EndToEnd;

/// <summary>Tokens on the real program, as recorded from TorchServe.</summary>
public sealed class AccessTests : IDisposable
{
    private const string OwnKey = "the-operators-own-key-0123456789";

    private readonly Workplace place = new();

    private string KeyFile => Path.Combine(place.Folder, "key_file.json");

    [Fact]
    public async Task Start_EveryListenerOnLoopback_NeedsNoTokenAndSaysWhy()
    {
        place.StartWith(place.Pack("double"));

        (await place.AskAsync("double", "[1]")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.ManageAsync(HttpMethod.Get, "token?type=inference")).Status.ShouldBe(HttpStatusCode.NotFound);
        place.Log.ShouldContain("Requests need no token, as every listener is on the loopback interface.");
    }

    [Theory]
    [InlineData("inference_address", "management_address")]
    [InlineData("management_address", "inference_address")]
    public void Start_AListenerThatOthersReach_NeedsTokensOnAllAndSaysWhy(string open, string closed)
    {
        (int openPort, int closedPort) = open == "inference_address" ? (place.InferencePort, place.ManagementPort) : (place.ManagementPort, place.InferencePort);
        File.WriteAllLines(place.ConfigFile, [$"{open}=http://0.0.0.0:{openPort}", $"{closed}=http://127.0.0.1:{closedPort}", $"token_key_file={KeyFile}"]);

        string answers = InItsOwnNetwork($"--models {place.Pack("double")}", $"http://127.0.0.1:{place.InferencePort}/predictions/double", $"http://127.0.0.1:{place.ManagementPort}/models");

        answers.Split("InvalidKeyException").Length.ShouldBe(3, answers);
        place.Log.ShouldContain($"Requests need a token, as {open} is http://0.0.0.0:{openPort}, which other machines may reach; generated ones stand in {KeyFile}.");
    }

    [Fact]
    public void Start_DisableTokenAuth_OpensWhatOthersReachAndWarns()
    {
        File.WriteAllLines(place.ConfigFile, [$"inference_address=http://0.0.0.0:{place.InferencePort}", $"management_address=http://127.0.0.1:{place.ManagementPort}"]);

        string answers = InItsOwnNetwork($"--models {place.Pack("double")} --disable-token-auth", $"http://127.0.0.1:{place.ManagementPort}/models");

        answers.ShouldContain("\"modelName\": \"double\"");
        place.Log.ShouldContain("Everybody who reaches a listener may ask, as --disable-token-auth says so, though inference_address");
    }

    [Fact]
    public async Task Tokens_Asked_AreAsTorchServes()
    {
        place.Configure("disable_token_authorization=false", $"token_key_file={KeyFile}");
        place.StartWith(place.Pack("double"));
        string first = Key("inference");

        (await SendAsync(place.Inference, "predictions/double", first)).Text.ShouldNotContain("InvalidKeyException");
        (await SendAsync(place.Management, "models", Key("management"))).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(place.Inference, "ping", null)).Status.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(place.Management, "models", first)).Text.ShouldContain("Token Authorization failed. Token either incorrect, expired, or not provided correctly");
        (await SendAsync(place.Management, "token?type=inference", null)).Text.ShouldContain("Token Authentication failed. Token either incorrect, expired, or not provided correctly");
        (await SendAsync(place.Management, "token?type=INFERENCE", Key("API"))).Text.ShouldContain("Token Authentication failed.");
        (await SendAsync(place.Management, "token", Key("API"))).Text.ShouldContain("Token Authentication failed.");
        await ShouldBeRefused(place.Inference, "token?type=inference");

        (await SendAsync(place.Management, "token?type=inference", Key("API"))).ShouldBe((HttpStatusCode.OK, "\n"));

        Key("inference").ShouldNotBe(first);
        (await SendAsync(place.Inference, "predictions/double", first)).Text.ShouldContain("InvalidKeyException");
        (await SendAsync(place.Inference, "predictions/double", Key("inference"))).Text.ShouldNotContain("InvalidKeyException");
        place.Stop().ExitCode.ShouldBe(0);
        File.Exists(KeyFile).ShouldBeFalse();
    }

    [Fact]
    public async Task Tokens_Expired_AreRefused()
    {
        place.Configure("disable_token_authorization=false", "token_expiration_min=0", $"token_key_file={KeyFile}");
        place.StartWith(place.Pack("double"));

        (await SendAsync(place.Inference, "predictions/double", Key("inference"))).Text.ShouldContain("InvalidKeyException");
        (await SendAsync(place.Management, "models", Key("management"))).Text.ShouldContain("InvalidKeyException");
    }

    [Fact]
    public async Task OwnKeys_FromAFile_AreGoodAndNoneAreGenerated()
    {
        string file = Path.Combine(place.Folder, "keys.json");
        File.WriteAllText(file, $$"""{"inference": ["another-key-0123456789", "{{OwnKey}}"], "management": "{{OwnKey}}2"}""");
        place.Configure($"access_keys_file={file}", $"token_key_file={KeyFile}");
        place.StartWith(place.Pack("double"));

        (await SendAsync(place.Inference, "predictions/double", OwnKey)).Text.ShouldNotContain("InvalidKeyException");
        (await SendAsync(place.Management, "models", OwnKey + "2")).Status.ShouldBe(HttpStatusCode.OK);
        await ShouldBeRefused(place.Management, "models");
        File.Exists(KeyFile).ShouldBeFalse();
        place.Log.ShouldNotContain(OwnKey);
    }

    [Fact]
    public async Task ModelApi_Off_IsNotAllowed()
    {
        File.WriteAllLines(place.ConfigFile, [$"inference_address=http://127.0.0.1:{place.InferencePort}", $"management_address=http://127.0.0.1:{place.ManagementPort}", "enable_metrics_api=false"]);
        place.StartWith(place.Pack("double"));

        foreach ((HttpMethod method, string path) in new[] { (HttpMethod.Post, "models?url=double.mar"), (HttpMethod.Delete, "models/double"), (HttpMethod.Delete, "models/double/1.0") })
        {
            (HttpStatusCode status, string text) = await place.ManageAsync(method, path);
            status.ShouldBe(HttpStatusCode.MethodNotAllowed, path);
            text.ShouldContain("Requested method is not allowed, please refer to API document.");
        }

        (await place.ManageAsync(HttpMethod.Put, "models/double?min_worker=2&synchronous=true")).Status.ShouldBe(HttpStatusCode.OK);
        (await place.ManageAsync(HttpMethod.Put, "models/double/1.0/set-default")).Status.ShouldBe(HttpStatusCode.OK);
    }

    public void Dispose() => place.Dispose();

    /// <summary>Starts the server where nobody can reach it, asks, and stops it: no test opens a port of this machine to others.</summary>
    /// <returns>What was answered.</returns>
    private string InItsOwnNetwork(string options, params string[] addresses)
    {
        string script = $"set -e\nip link set lo up\n{Workplace.Program} --start --ts-config {place.ConfigFile} --model-store {place.ModelStore} {options} >&2\n"
            + string.Join('\n', addresses.Select(address => $"curl -sS {address}")) + $"\n{Workplace.Program} --stop >&2";
        CommandResult result = place.RunCommand("unshare", place.Folder, "--net", "bash", "-c", script);
        result.ExitCode.ShouldBe(0, result.ToString());
        return result.Output;
    }

    private static async Task ShouldBeRefused(HttpClient client, string path)
    {
        (HttpStatusCode status, string text) = await SendAsync(client, path, null);
        status.ShouldBe(HttpStatusCode.BadRequest, path);
        text.ShouldBe("{\n  \"code\": 400,\n  \"type\": \"InvalidKeyException\",\n  \"message\": \"Token Authorization failed. Token either incorrect, expired, or not provided correctly\"\n}\n");
    }

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(HttpClient client, string path, string? token)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private string Key(string role) => JsonDocument.Parse(File.ReadAllText(KeyFile)).RootElement.GetProperty(role).GetProperty("key").GetString()!;
}
