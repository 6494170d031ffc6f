namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>What an engine tells of a module without running it.</summary>
public abstract partial class EngineContract
{
    [EngineTheory]
    [InlineData("identity", "forward(x: Tensor) -> Tensor")]
    [InlineData("add", "forward(x: Tensor, y: Tensor) -> Tensor")]
    [InlineData("default_arguments", "forward(x: Tensor, scale: float = ...) -> Tensor")]
    [InlineData("scalars", "forward(x: Tensor, i: int, f: float, b: bool, s: str) -> Tuple[Tensor, int, float, bool, str]")]
    [InlineData("dict_str_tensor", "forward(xs: Dict[str, Tensor]) -> Dict[str, Tensor]")]
    [InlineData("optional", "forward(x: Optional[Tensor]) -> Optional[Tensor]")]
    [InlineData("tree", "forward(x: Dict[str, Tuple[List[Tensor], Dict[int, str]]]) -> Dict[str, Tuple[List[Tensor], Dict[int, str]]]")]
    public void Describe_Module_HasItsSignature(string name, string signature)
    {
        using IScriptModule module = Load(name);

        module.Describe().Signature.ShouldBe(signature);
    }

    [EngineTheory]
    [InlineData("identity", 1, 1)]
    [InlineData("add", 2, 2)]
    [InlineData("default_arguments", 1, 2)]
    public void Describe_Module_SaysHowManyArgumentsItNeeds(string name, int least, int most)
    {
        using IScriptModule module = Load(name);
        ModuleDescription description = module.Describe();

        description.RequiredCount.ShouldBe(least);
        description.Parameters.Count.ShouldBe(most);
    }

    [EngineFact]
    public void Describe_Module_HasItsCode()
    {
        using IScriptModule module = Load("double");

        string code = module.Describe().Code;

        code.ShouldContain("def forward(self");
        code.ShouldContain("torch.mul(x, 2)");
        code.Length.ShouldBeLessThanOrEqualTo(ModuleDescription.MostCodeBytes);
    }

    [EngineFact]
    public void Describe_ModuleThatRan_AnswersOn()
    {
        using IScriptModule module = Load("double");
        for (int run = 0; run < 3; run++)
        {
            using ForwardResult result = module.Forward(Floats(1, 2));
            ElementsOf(result).ShouldBe([2f, 4f]);
            module.Describe().Signature.ShouldBe("forward(x: Tensor) -> Tensor");
        }
    }

    [EngineFact]
    public void Describe_ModuleDisposed_ThrowsObjectDisposed()
    {
        IScriptModule module = Load("identity");
        module.Dispose();

        Should.Throw<ObjectDisposedException>(module.Describe);
    }
}
