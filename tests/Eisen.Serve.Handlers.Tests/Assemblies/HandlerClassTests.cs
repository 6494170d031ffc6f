namespace Eisen.Serve.Handlers.Tests.Assemblies;

public sealed class HandlerClassTests
{
    [Theory]
    [InlineData("Acme.dll:Acme.BrainHandler", "Acme.dll", "Acme.BrainHandler")]
    [InlineData("lib/Acme.dll:BrainHandler", "lib/Acme.dll", "BrainHandler")]
    [InlineData("Acme.dll", "Acme.dll", null)]
    [InlineData("Acme.dll:", "Acme.dll", null)]
    public void Parse_Assembly_IsFileAndClass(string handler, string file, string? name) => HandlerClass.Parse(handler).ShouldBe(new HandlerClass(file, name));

    [Theory]
    [InlineData("image_classifier")]
    [InlineData("handler.py:handle")]
    [InlineData("my.dll.py")]
    [InlineData("")]
    [InlineData(null)]
    public void Parse_SomethingElse_IsNone(string? handler) => HandlerClass.Parse(handler).ShouldBeNull();
}
