using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Eisen;

/// <summary>Which requests of a batch share a forward, and that each gets its own.</summary>
public sealed class EisenBatchingTests
{
    [Fact]
    public void Handle_RequestsThatDifferInTheFirstDimension_ShareAForward()
    {
        using EisenFolder folder = new(["x:-1,2"], ["y:-1,2"]);
        using CountedModule module = new("double");

        HandlerAnswer[] answers = folder.Ask(module, X([1, 2], 1, 2), X([3, 2], 3, 4, 5, 6, 7, 8), X([2, 2], 9, 10, 11, 12));

        module.Inputs.ShouldBe(["float32[6, 2]"]);
        module.ResultsDisposed.ShouldBe(1);
        answers.Select(EisenFolder.Fields).ShouldBe(["""{"y":[[2,4]]}""", """{"y":[[6,8],[10,12],[14,16]]}""", """{"y":[[18,20],[22,24]]}"""]);
    }

    [Fact]
    public void Handle_RequestsOfOtherShapes_HaveAForwardEach()
    {
        using EisenFolder folder = new(["x:-1,-1"], ["y:-1,-1"]);
        using CountedModule module = new("double");

        HandlerAnswer[] answers = folder.Ask(module, X([1, 2], 1, 2), X([1, 3], 3, 4, 5), X([2, 2], 6, 7, 8, 9), X([0, 2]));

        module.Inputs.ShouldBe(["float32[3, 2]", "float32[1, 3]", "float32[0, 2]"]);
        answers.Select(EisenFolder.Fields).ShouldBe(["""{"y":[[2,4]]}""", """{"y":[[6,8,10]]}""", """{"y":[[12,14],[16,18]]}""", """{"y":[]}"""]);
    }

    [Theory]
    [InlineData("1,2", "-1,2")]
    [InlineData("-1,2", "1,2")]
    public void Handle_FirstDimensionThatIsDeclared_IsNoBatch(string input, string output)
    {
        using EisenFolder folder = new([$"x:{input}"], [$"y:{output}"]);
        using CountedModule module = new("double");

        folder.Ask(module, X([1, 2], 1, 2), X([1, 2], 3, 4)).Select(EisenFolder.Fields).ShouldBe(["""{"y":[[2,4]]}""", """{"y":[[6,8]]}"""]);

        module.Inputs.ShouldBe(["float32[1, 2]", "float32[1, 2]"]);
    }

    [Fact]
    public void Handle_FirstDimensionThatPreProcessingPutThere_IsNoBatch()
    {
        using EisenFolder folder = new(["x:-1"], ["y:-1"], before: """[{"type": "eisen.transforms.AddChannelDimension", "params": {"fields": ["x"]}}]""");
        using CountedModule module = new("double");

        folder.Ask(module, X([2], 1, 2), X([2], 3, 4)).Select(EisenFolder.Fields).ShouldBe(["""{"y":[[2,4]]}""", """{"y":[[6,8]]}"""]);

        module.Inputs.ShouldBe(["float32[1, 2]", "float32[1, 2]"]);
    }

    [Fact]
    public void Handle_OutputThatCannotBeSplit_IsAskedForAgainAlone()
    {
        using EisenFolder folder = new(["x:-1"], ["y:-1"]);
        using CountedModule module = new("wrong_batch");

        HandlerAnswer[] answers = folder.Ask(module, X([1], 1), X([1], 2));

        module.Inputs.ShouldBe(["float32[2]", "float32[1]", "float32[1]"]);
        module.ResultsDisposed.ShouldBe(3);
        answers.Select(EisenFolder.Fields).ShouldBe(["""{"y":[1,1,1]}""", """{"y":[2,2,2]}"""]);
    }

    [Fact]
    public void Handle_BadRequestsAmongGoodOnes_FailAlone()
    {
        using EisenFolder folder = new(["x:-1"], ["y:-1"]);
        using CountedModule module = new("double");

        HandlerAnswer[] answers = folder.Ask(module, X([1], 1), Modules.Request("nonsense"), X([1, 1], 2), Modules.Request(""), X([1], 3));

        module.Inputs.ShouldBe(["float32[2]"]);
        answers.Select(answer => answer.Error).ShouldBe([PredictionError.None, PredictionError.BadInput, PredictionError.BadInput, PredictionError.None, PredictionError.None]);
        EisenFolder.Fields(answers[4]).ShouldBe("""{"y":[6]}""");
    }

    [Fact]
    public void Handle_RequestThatTheModuleRefuses_FailsTheOnesBesideItForTheEngineToAskAgain()
    {
        using EisenFolder folder = new(["x:-1"], ["y:-1"]);
        HandlerRequest[] requests = [X([1], 1), X([1], -1)];

        HandlerAnswer[] together = folder.Ask("picky", requests);
        HandlerAnswer[] alone = [folder.Ask("picky", requests[0])[0], folder.Ask("picky", requests[1])[0]];

        together.Select(answer => answer.Error).ShouldBe([PredictionError.ModelFailed, PredictionError.ModelFailed]);
        EisenFolder.Fields(alone[0]).ShouldBe("""{"y":[2]}""");
        alone[1].Message.ShouldContain("a negative number");
    }

    [Fact]
    public void BatchKey_AlikeAndUnlike_TellsWhichCanBeJoined()
    {
        using EisenFolder folder = new(["x:-1,-1"], ["y:-1,-1"]);
        using EisenFolder scripted = new(["x:-1,-1"], ["y:-1,-1"], before: "dict_str_tensor");
        HandlerRequest bad = Modules.Request("nonsense");

        foreach (EisenFolder each in (EisenFolder[])[folder, scripted])
        {
            IModelHandler handler = each.MakeHandler();
            handler.BatchKey(X([1, 2], 1, 2)).ShouldBe(handler.BatchKey(X([2, 2], 1, 2, 3, 4)));
            handler.BatchKey(X([1, 2], 1, 2)).ShouldNotBe(handler.BatchKey(X([1, 3], 1, 2, 3)));
            handler.BatchKey(bad).ShouldBeSameAs(bad);
        }

        folder.MakeHandler().BatchKey(EisenFolder.Message(("x", new FieldValue.Array(NDArray.Copy<long>([1, 2], 1, 2))))).ShouldBe(folder.MakeHandler().BatchKey(X([1, 2], 1, 2)));
    }

    private static HandlerRequest X(long[] shape, params float[] numbers) => EisenFolder.Message(("x", EisenFolder.Floats(shape, numbers)));
}
