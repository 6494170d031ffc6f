namespace Eisen.Serve.Handlers.Tests.Explanations;

public class OcclusionGridTests
{
    [Theory]
    [InlineData(new[] { 224, 224 }, 225)]
    [InlineData(new[] { 8, 8 }, 64)]
    [InlineData(new[] { 48, 48, 48 }, 216)]
    [InlineData(new[] { 1, 1, 1 }, 1)]
    [InlineData(new[] { 12 }, 12)]
    [InlineData(new[] { 1000 }, 63)]
    [InlineData(new int[0], 1)]
    public void Over_NothingSaid_HasAsManyPatchesAsThePageSays(int[] axes, int patches) =>
        OcclusionGrid.Over(axes, new OcclusionOptions()).Count.ShouldBe(patches);

    [Theory]
    [InlineData(new[] { 10, 7 }, new[] { 3 }, new[] { 2 })]
    [InlineData(new[] { 10, 7 }, new[] { 4, 7 }, new[] { 3, 1 })]
    [InlineData(new[] { 5, 6, 7 }, new[] { 2, 3, 4 }, null)]
    [InlineData(new[] { 5 }, new[] { 100 }, null)]
    public void Hide_AllPatches_CoverEveryElement(int[] axes, int[] patch, int[]? stride)
    {
        OcclusionGrid grid = OcclusionGrid.Over(axes, new OcclusionOptions(patch, stride));
        float[] covered = new float[grid.Area];
        for (int i = 0; i < grid.Count; i++)
        {
            float[] plane = new float[grid.Area];
            Array.Fill(plane, 1);
            grid.Hide(plane, i);

            float[] added = new float[grid.Area];
            grid.Add(added, i, 1);
            added.ShouldBe(plane.Select(element => 1 - element), "what is hidden is what gets the number");
            grid.Add(covered, i, 1);
        }

        covered.ShouldAllBe(count => count >= 1);
        grid.Average(covered);
        covered.ShouldAllBe(mean => mean == 1);
    }

    [Fact]
    public void Average_PatchesWithGaps_LeavesZeroBetween()
    {
        OcclusionGrid grid = OcclusionGrid.Over([5], new OcclusionOptions([1], [2]));
        float[] map = new float[5];
        for (int i = 0; i < grid.Count; i++)
            grid.Add(map, i, 3);

        grid.Average(map);

        map.ShouldBe([3, 0, 3, 0, 3]);
    }

    [Fact]
    public void Over_MorePatchesThanAllowed_SaysWhatToRaise() =>
        Should.Throw<BadInputException>(() => OcclusionGrid.Over([2_000_000_000, 2_000_000_000], new OcclusionOptions([1], [1])))
            .Message.ShouldBe("an explanation of 2000000000 x 2000000000 elements takes 4000000000000000000 forwards, and handler.explain_limit allows 1000; raise it, or explain_patch and explain_stride");

    [Fact]
    public void Over_OptionsForAnotherNumberOfAxes_SaysSo() =>
        Should.Throw<BadInputException>(() => OcclusionGrid.Over([8, 8], new OcclusionOptions([1, 2, 3])))
            .Message.ShouldBe("handler.explain_patch has 3 numbers, but patches extend along 2 axes: give one number, or 2");
}
