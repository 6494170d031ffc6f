namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class ClassNamesTests
{
    [Theory]
    [InlineData("""{"0":"cat","1":"dog"}""")]
    [InlineData("""{"0":["n1","cat"],"1":["n2","x","dog"]}""")]
    [InlineData("""{"object_type_names":["cat","dog"]}""")]
    [InlineData("""{"1":["dog"],"0":"cat"}""")]
    [InlineData("\uFEFF{\"0\":\"cat\",\"1\":\"dog\"}")]
    public void Read_EachOfTorchServesForms_GivesTheNames(string json)
    {
        ClassNames names = Read(json)!;

        names[0].ShouldBe("cat");
        names[1].ShouldBe("dog");
        names[2].ShouldBe("2");
    }

    [Fact]
    public void Read_NoFile_GivesNone()
    {
        using TemporaryFolder folder = new();

        ClassNames.Read(folder.Path).ShouldBeNull();
    }

    [Theory]
    [InlineData("", "index_to_name.json is not JSON: ")]
    [InlineData("{\"0\":\"cat\"", "index_to_name.json is not JSON: ")]
    [InlineData("[\"cat\"]", "index_to_name.json must be an object of class number to name")]
    [InlineData("\"cat\"", "index_to_name.json must be an object of class number to name")]
    [InlineData("{\"0\":7}", "index_to_name.json gives '0' a Number where a name must be")]
    [InlineData("{\"0\":[]}", "index_to_name.json gives '0' a Array where a name must be")]
    [InlineData("{\"0\":[\"a\",null]}", "index_to_name.json gives '0' a Null where a name must be")]
    [InlineData("{\"0\":{\"name\":\"cat\"}}", "index_to_name.json gives '0' a Object where a name must be")]
    [InlineData("{\"object_type_names\":[\"cat\",1]}", "index_to_name.json gives 'object_type_names[1]' a Number where a name must be")]
    [InlineData("{\"0\":\"\\ud800\"}", "index_to_name.json holds text that is not valid Unicode")]
    [InlineData("{\"\\ud800\":\"cat\"}", "index_to_name.json holds text that is not valid Unicode")]
    public void Read_AnotherForm_SaysWhatIsWrong(string json, string mistake) =>
        Should.Throw<HandlerConfigurationException>(() => Read(json)).Message.ShouldStartWith(mistake);

    private static ClassNames? Read(string json)
    {
        using TemporaryFolder folder = new TemporaryFolder().With(ClassNames.FileName, json);
        return ClassNames.Read(folder.Path);
    }
}
