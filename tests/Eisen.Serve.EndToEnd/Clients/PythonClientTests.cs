using System.Text.Json;
using Eisen.Serve.Client;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>Python, which sends what the original Eisen's client sends, and C# get the same.</summary>
public sealed class PythonClientTests(EisenClientServer server) : IClassFixture<EisenClientServer>
{
    [Fact]
    public async Task Python_MetadataAndPrediction_EqualCSharps()
    {
        CommandResult result = server.Place.RunCommand(
            "/usr/bin/python3", "/", Path.Combine(Fixtures.RepositoryRoot, "tests", "fixtures", "eisen_client.py"), server.Endpoint.ToString());
        result.ExitCode.ShouldBe(0, result.ToString());
        using JsonDocument python = JsonDocument.Parse(result.Output);

        using EisenServingClient client = new(server.Endpoint, validateInputs: true);
        using FieldDictionary inputs = new();
        foreach (JsonProperty input in python.RootElement.GetProperty("inputs").EnumerateObject())
            inputs[input.Name] = inputs.Own(ArrayOf(input.Value));
        using FieldDictionary outputs = await client.PredictAsync(inputs);

        JsonElement pythons = python.RootElement.GetProperty("outputs");
        outputs.Names.ShouldBe(pythons.EnumerateObject().Select(output => output.Name));
        outputs["note"].ShouldBe(new FieldValue.Text(pythons.GetProperty("note").GetString()!));
        NDArray logits = outputs.Array("logits");
        using NDArray wanted = ArrayOf(pythons.GetProperty("logits"));
        logits.ToString().ShouldBe(wanted.ToString());
        logits.AsSpan<float>().ToArray().ShouldBe(wanted.AsSpan<float>().ToArray());
        python.RootElement.GetProperty("metadata").GetProperty("custom").GetProperty("author").GetString().ShouldBe("reference");
    }

    private static NDArray ArrayOf(JsonElement array)
    {
        array.GetProperty("dtype").GetString().ShouldBe("float32");
        float[] values = [.. array.GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        return NDArray.Copy<float>(values, [.. array.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())]);
    }
}
