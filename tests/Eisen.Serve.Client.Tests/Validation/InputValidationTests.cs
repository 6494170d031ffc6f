using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Client.Tests.Validation;

public sealed class InputValidationTests
{
    private static readonly EisenMetadata Metadata = EisenMetadata.Read(Encoding.UTF8.GetBytes(
        """
        {
          "inputs": [
            {"name": "image", "type": "ndarray", "shape": [-1, 1, -1, -1]},
            {"name": "age", "type": "np.ndarray", "shape": [-1, 1]},
            {"name": "names", "type": "list", "shape": [2]},
            {"name": "note", "type": "str", "shape": [-1]},
            {"name": "extra", "type": "json", "shape": []}
          ],
          "outputs": []
        }
        """));

    [Fact]
    public void Require_InputsFit_SaysNothing()
    {
        using FieldDictionary inputs = Fitting();

        Should.NotThrow(() => InputValidation.Require(Metadata, inputs));
    }

    [Fact]
    public void Require_MuchIsWrong_TellsAllOfIt()
    {
        using FieldDictionary inputs = Fitting();
        inputs["image"] = Zeros(inputs, 1, 3, 8, 8);
        inputs["age"] = Zeros(inputs, 1);
        inputs["names"] = "no list";
        inputs.Remove("note");
        inputs["sex"] = "f";

        EisenInputException error = Should.Throw<EisenInputException>(() => InputValidation.Require(Metadata, inputs));

        error.Problems.ShouldBe([
            "field 'image' must be an array of shape [-1, 1, -1, -1], but an array float32[1, 3, 8, 8] was given",
            "field 'age' must be an array of shape [-1, 1], but an array float32[1] was given",
            "field 'names' must be a list of 2 items, but a text was given",
            "field 'note' is missing; it must be a text",
            "field 'sex' is not one of the model's 5 inputs",
        ]);
        error.Message.Split(Environment.NewLine).ShouldBe(error.Problems);
        error.IsRetryable.ShouldBeFalse();
    }

    [Theory]
    [InlineData("1, 1, 8")]
    [InlineData("1, 1, 8, 8, 8")]
    [InlineData("1, 2, 8, 8")]
    public void Require_ArrayOfAnotherRankOrSize_IsRefused(string shape)
    {
        using FieldDictionary inputs = Fitting();
        inputs["image"] = Zeros(inputs, [.. shape.Split(", ").Select(long.Parse)]);

        Should.Throw<EisenInputException>(() => InputValidation.Require(Metadata, inputs)).Problems.Single().ShouldContain($"[{shape}]");
    }

    [Fact]
    public async Task PredictAsync_InputsDoNotFit_SendsNone()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context => await context.Response.Body.WriteAsync(
            context.Request.ContentLength == 0 ? Encoding.UTF8.GetBytes(Metadata.ToJson()) : Messages.EmptyMap));
        using EisenServingClient client = new(server.Endpoint, validateInputs: true);
        using FieldDictionary fitting = Fitting();
        using FieldDictionary outputs = await client.PredictAsync(fitting);
        using FieldDictionary nothing = new();

        EisenInputException error = await Should.ThrowAsync<EisenInputException>(client.PredictAsync(nothing));

        error.Problems.Count.ShouldBe(5);
        // The metadata, once, and the one prediction.
        server.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task PredictAsync_NotValidating_SendsWhateverItIs()
    {
        await using FakeServer server = await FakeServer.StartAsync(async context => await context.Response.Body.WriteAsync(Messages.EmptyMap));
        using EisenServingClient client = new(server.Endpoint);
        using FieldDictionary nothing = new();

        using FieldDictionary outputs = await client.PredictAsync(nothing);

        server.Requests.ShouldBe(1);
    }

    private static FieldDictionary Fitting()
    {
        FieldDictionary inputs = new();
        inputs["image"] = Zeros(inputs, 3, 1, 8, 8);
        inputs["age"] = Zeros(inputs, 3, 1);
        inputs["names"] = new FieldValue.List(["a", "b"]);
        inputs["note"] = "";
        inputs["extra"] = FieldValue.None.Instance;
        return inputs;
    }

    private static NDArray Zeros(FieldDictionary owner, params long[] shape) => owner.Own(NDArray.Allocate(DType.Float32, shape));
}
