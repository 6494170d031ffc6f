using System.Text.Json.Nodes;

namespace Eisen.Serve.Tests.Packing;

public sealed class MetadataCommandTests
{
    [Fact]
    public async Task Run_Lists_GivesWhatTheOriginalGives()
    {
        (int exitCode, string output) = await CommandRun.RunAsync(
            "create-metadata",
            "--input-name-list", "input1", "input2", "--input-type-list", "np.ndarray", "np.ndarray", "--input-shape-list", "[-1]", "[-1, 5, 14, 15, 16]",
            "--output-name-list", "output1", "output2", "--output-type-list", "json", "np.ndarray", "--output-shape-list", "[-1]", "[-1,3,5]",
            "--model-input-list", "input1", "--model-output-list", "output1", "--custom-meta-dict", """{"test": "t"}""");

        exitCode.ShouldBe(0);
        JsonNode expected = JsonNode.Parse(
            """
            {
              "inputs": [{"name": "input1", "type": "np.ndarray", "shape": [-1]}, {"name": "input2", "type": "np.ndarray", "shape": [-1, 5, 14, 15, 16]}],
              "outputs": [{"name": "output1", "type": "json", "shape": [-1]}, {"name": "output2", "type": "np.ndarray", "shape": [-1, 3, 5]}],
              "model_input_list": ["input1"],
              "model_output_list": ["output1"],
              "custom": {"test": "t"}
            }
            """)!;
        JsonNode.DeepEquals(JsonNode.Parse(output), expected).ShouldBeTrue(output);
    }

    [Fact]
    public async Task Run_NoModelLists_TakesAllNames()
    {
        (_, string output) = await CommandRun.RunAsync(
            "create-metadata", "--input-name-list", "a", "b", "--input-type-list", "ndarray", "str", "--input-shape-list", "[-1]", "[]",
            "--output-name-list", "c", "--output-type-list", "list", "--output-shape-list", "[]");

        JsonNode metadata = JsonNode.Parse(output)!;
        metadata["model_input_list"]!.ToJsonString().ShouldBe("""["a","b"]""");
        metadata["model_output_list"]!.ToJsonString().ShouldBe("""["c"]""");
        metadata["custom"]!.ToJsonString().ShouldBe("{}");
    }

    [Fact]
    public async Task Run_EverythingWrong_TellsAll()
    {
        string message = await CommandRun.MistakeAsync(
            "create-metadata", "--input-name-list", "a", "a", "--input-type-list", "ndaray", "str", "--input-shape-list", "[-2]", "[x]",
            "--output-name-list", "b", "--output-type-list", "str", "--output-shape-list", "[-1]", "--custom-meta-dict", "[1]");

        message.ShouldContain("--input-shape-list has '[x]', which is no list of sizes");
        message.ShouldContain("inputs[0].shape must be");
        message.ShouldContain("'inputs' names 'a' 2 times");
        message.ShouldContain("not 'ndaray'");
        message.ShouldContain("--custom-meta-dict is a JSON object");
        message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Run_ListsOfOtherLengths_TellsBoth()
    {
        string message = await CommandRun.MistakeAsync("create-metadata", "--input-name-list", "a", "b", "--input-type-list", "ndarray", "--output-type-list", "str");

        message.ShouldContain("the inputs have 2 names, 1 types and 0 shapes");
        message.ShouldContain("the outputs have 0 names, 1 types and 0 shapes");
    }
}
