namespace Eisen.Serve.Handlers.Tests.BuiltIn;

public sealed class BuiltInHandlersTests
{
    [Fact]
    public void Names_AreInOrder() => BuiltInHandlers.Names.ShouldBe(["base_handler", "eisen", "image_classifier", "image_segmenter", "object_detector", "tensor", "text_classifier"]);

    [Theory]
    [InlineData("base_handler")]
    [InlineData("image_classifier")]
    [InlineData("image_segmenter")]
    [InlineData("object_detector")]
    [InlineData("tensor")]
    [InlineData(null)]
    [InlineData("")]
    public void Create_NameOrNone_MakesAHandler(string? name) => BuiltInHandlers.Create(name, Modules.Context()).ShouldNotBeNull();

    [Theory]
    [InlineData("Base_Handler", "there is no handler 'Base_Handler'; there is base_handler, eisen, image_classifier, image_segmenter, object_detector, tensor or text_classifier")]
    [InlineData("handler.py", "its handler 'handler.py' is Python, which is not run here")]
    [InlineData("my_handler.py:handle", "its handler 'my_handler.py:handle' is Python, which is not run here")]
    public void Create_AnythingElse_SaysWhatThereIs(string name, string message) =>
        Should.Throw<HandlerConfigurationException>(() => BuiltInHandlers.Create(name, Modules.Context())).Message.ShouldStartWith(message);

    [Theory]
    [InlineData("""{"dtype":"float16"}""", "handler.dtype must be a dtype such as float32 or int64, not \"float16\"")]
    [InlineData("""{"dtype":"complex64","input_shape":"3"}""", "handler.dtype must be a dtype such as float32 or int64, not \"complex64\"; handler.input_shape must be")]
    [InlineData("""{"input_shape":[100000,100000]}""", "handler.input_shape is larger than 2 GiB")]
    [InlineData("""{"input_shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}""", "handler.input_shape must be a list of at most 16")]
    public void Create_BaseHandlerWithWrongParameters_NamesThem(string parameters, string mistake) =>
        Should.Throw<HandlerConfigurationException>(() => BuiltInHandlers.Create("base_handler", Modules.Context(parameters))).Message.ShouldContain(mistake);

    [Fact]
    public void Create_ImageClassifierWithWrongParameters_NamesThemAll()
    {
        string message = Should.Throw<HandlerConfigurationException>(() =>
            BuiltInHandlers.Create("image_classifier", Modules.Context("""{"crop":9000,"channels":1,"std":[0],"top_k":0}"""))).Message;

        message.ShouldContain("handler.top_k must be a whole number from 1 to 100000");
        message.ShouldContain("9000");
        message.ShouldContain("Mean has 3 numbers");
        message.ShouldContain("above 0");
    }
}
