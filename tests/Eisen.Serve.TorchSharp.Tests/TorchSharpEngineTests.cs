using Eisen.Serve.Data;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.Tests.Contract;

namespace Eisen.Serve.TorchSharp.Tests;

public class TorchSharpEngineTests : EngineContract
{
    protected override IReadOnlySet<string> Refused { get; } = new HashSet<string>
    {
        "string", "scalars", "device_of", "tuple", "tree", "any_list", "nested_list", "six_mixed",
        "list_of_ints", "list_of_floats", "list_of_strings", "list_of_bools",
        "dict_str_tensor", "dict_int_tensor", "dict_str_int", "dict_str_list",
    };

    [EngineFact]
    public void Name_Always_IsTorchsharp() => Engine.Name.ShouldBe("torchsharp");

    [EngineFact]
    public void Version_Always_NamesLibtorchAndThePackage() => Engine.Version.ShouldMatch(@"^\d+\.\d+\.\d+ \(TorchSharp \d+\.\d+\.\d+\)$");

    [EngineFact]
    public void Forward_ModuleWorksInPlace_LeavesTheCallersMemory()
    {
        TorchValue.Tensor input = Floats(1, 2, 3);

        Answer("in_place", input);

        TreeText.Of(input).ShouldBe("float32[3](1 2 3)");
    }

    [EngineFact]
    public void Forward_ResultIsNegatedLazily_IsRight() => Answer("lazily_negated", Floats(1, -2)).ShouldBe("float32[2](-1 2)");

    [EngineFact]
    public void Load_FrozenModule_Answers()
    {
        using IScriptModule module = Load("frozen");
        using ForwardResult result = module.Forward(Shaped([1, 2, 3, 4], 1, 4));

        ElementsOf(result).Length.ShouldBe(2);
    }

    [EngineFact]
    public void Optimize_AnyKind_IsRefused()
    {
        using IScriptModule module = Load("linear");

        foreach (ModuleOptimization kind in Enum.GetValues<ModuleOptimization>())
            Should.Throw<TorchException>(() => module.Optimize(kind)).Message.ShouldContain("neither freeze nor optimize");
    }
}
