using Eisen.Serve.Torch;
using Eisen.Serve.TorchSharp.Scripts;

namespace Eisen.Serve.TorchSharp.Tests.Scripts;

public sealed class ScriptCodeTests
{
    private static readonly ScriptCode Code = new(new Dictionary<string, string>
    {
        ["__torch__.models"] = """
            class Net(Module):
              __parameters__ = []
              def other(self: __torch__.models.Net) -> int:
                return 1
              def forward(self: __torch__.models.Net,
                x: Tensor,
                mode: str="a, b)\"",
                sizes: Optional[List[int]]=None) -> Tuple[Tensor, __torch__.models.Range]:
                return torch.add(x, ops.prim.min(1), ops.quantized.linear(x))
            class Range(NamedTuple):
              low : Tensor
              high : List[Tensor]
            class Nothing(Module):
              training : bool
            """.ReplaceLineEndings("\n"),
    });

    [Fact]
    public void Forward_OfAClass_HasArgumentsAndResult()
    {
        (string[] arguments, string returns) = ScriptCode.Forward(Code.ClassText("__torch__.models.Net")!)!.Value;

        arguments.Select(argument => argument.Trim()).ShouldBe(["self: __torch__.models.Net", "x: Tensor", "mode: str=\"a, b)\\\"\"", "sizes: Optional[List[int]]=None"]);
        returns.ShouldBe("Tuple[Tensor, __torch__.models.Range]");
    }

    [Fact]
    public void Forward_ClassWithoutOne_IsNull() => ScriptCode.Forward(Code.ClassText("__torch__.models.Nothing")!).ShouldBeNull();

    [Fact]
    public void TypeOf_NamedTuple_IsTheTupleOfItsFields() =>
        Code.TypeOf("Tuple[Tensor, __torch__.models.Range]").ToString().ShouldBe("Tuple[Tensor, Tuple[Tensor, List[Tensor]]]");

    [Fact]
    public void TypeOf_NestedTooDeep_IsRefused() =>
        Should.Throw<TorchException>(() => Code.TypeOf(string.Concat(Enumerable.Repeat("List[", 1000)) + "int" + new string(']', 1000))).Message.ShouldContain("64 levels");

    [Fact]
    public void Operators_OfTheCode_AreNamedAsLibtorchDoes() => Code.Operators.ShouldBe(["aten::add", "quantized::linear"]);
}
