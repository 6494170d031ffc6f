using System.Text.Json.Nodes;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class HandlerParametersTests
{
    [Fact]
    public void RequireCorrect_ManyMistakes_NamesThemAll()
    {
        HandlerParameters parameters = Read("""{"top_k":0,"dtype":"float8","mean":[1,"2"],"resize":[1,2,3],"crop":-1,"input_shape":[2,0],"note":"x"}""");
        parameters.GetInt("top_k", 5, 1, 100).ShouldBe(5);
        parameters.GetText("dtype", "float32", "a dtype", text => text == "int64").ShouldBe("float32");
        parameters.GetNumbers("mean").ShouldBeNull();
        parameters.GetSize("resize").ShouldBeNull();
        parameters.GetSize("crop").ShouldBeNull();
        parameters.GetShape("input_shape", 16).ShouldBeNull();

        Should.Throw<HandlerConfigurationException>(parameters.RequireCorrect).Message.ShouldBe(
            "handler.top_k must be a whole number from 1 to 100, not 0; handler.dtype must be a dtype, not \"float8\"; "
            + "handler.mean must be a list of numbers, not [1,\"2\"]; handler.resize must be a whole number above 0, or a list of two, height and width, not [1,2,3]; "
            + "handler.crop must be a whole number above 0, or a list of two, height and width, not -1; "
            + "handler.input_shape must be a list of at most 16 whole numbers above 0, not [2,0]");
    }

    [Fact]
    public void Get_RightValues_GivesThem()
    {
        HandlerParameters parameters = Read("""{"top_k":7,"dtype":"int64","mean":[1,0.5],"std":[],"resize":256,"crop":[224,112],"input_shape":[3,4]}""");

        parameters.GetInt("top_k", 5, 1, 100).ShouldBe(7);
        parameters.GetText("dtype", "float32", "a dtype", _ => true).ShouldBe("int64");
        parameters.GetNumbers("mean").ShouldBe([1f, 0.5f]);
        parameters.GetNumbers("std").ShouldBe([]);
        parameters.GetSize("resize").ShouldBe([256]);
        parameters.GetSize("crop").ShouldBe([224, 112]);
        parameters.GetShape("input_shape", 16).ShouldBe([3L, 4L]);
        Should.NotThrow(parameters.RequireCorrect);
    }

    [Fact]
    public void Get_MissingOrNull_GivesTheDefault()
    {
        HandlerParameters parameters = Read("""{"top_k":null}""");

        parameters.GetInt("top_k", 5, 1, 100).ShouldBe(5);
        parameters.GetText("dtype", "float32", "a dtype", _ => false).ShouldBe("float32");
        parameters.GetNumbers("mean").ShouldBeNull();
        parameters.GetSize("resize").ShouldBeNull();
        parameters.GetShape("input_shape", 16).ShouldBeNull();
        Should.NotThrow(parameters.RequireCorrect);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("\"1\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("101")]
    [InlineData("99999999999999999999")]
    public void GetInt_NotSuchANumber_IsAMistake(string value)
    {
        HandlerParameters parameters = Read($$"""{"top_k":{{value}}}""");

        parameters.GetInt("top_k", 5, 1, 100).ShouldBe(5);
        Should.Throw<HandlerConfigurationException>(parameters.RequireCorrect).Message.ShouldEndWith($"not {value}");
    }

    [Fact]
    public void GetInt_LongMistake_IsShortened()
    {
        HandlerParameters parameters = Read($$"""{"top_k":"{{new string('x', 5000)}}"}""");
        parameters.GetInt("top_k", 5, 1, 100);

        Should.Throw<HandlerConfigurationException>(parameters.RequireCorrect).Message.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void RequireCorrect_UnknownParameter_WarnsWithTheKnownOnes()
    {
        CollectingLogger<HandlerContext> logger = new();
        HandlerParameters parameters = Read("""{"topk":3}""", logger);
        parameters.GetInt("top_k", 5, 1, 100);
        parameters.RequireCorrect();

        logger.Messages.ShouldBe(["Warning: Model model: handler.topk is ignored; the handler's parameters are top_k."]);
    }

    private static HandlerParameters Read(string json, CollectingLogger<HandlerContext>? logger = null) =>
        new(new HandlerContext("model", "1.0", "/nowhere", JsonNode.Parse(json)!.AsObject(), logger ?? new CollectingLogger<HandlerContext>()));
}
