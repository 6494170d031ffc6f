using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Forwards that fail: always an exception with a text that helps, and the module works on.</summary>
public abstract partial class EngineContract
{
    private static readonly Dictionary<string, (string Module, TorchValue[] Inputs)> Misfits = new()
    {
        ["no argument"] = ("identity", []),
        ["too few arguments"] = ("add", [Floats(1)]),
        ["too many arguments"] = ("identity", [Floats(1), Floats(2)]),
        ["none for a tensor"] = ("identity", [None]),
        ["string for a tensor"] = ("identity", [Text("1")]),
        ["int for a tensor"] = ("identity", [Int(1)]),
        ["list for a tensor"] = ("identity", [List(Floats(1))]),
        ["dict for a tensor"] = ("identity", [Dict((Text("x"), Floats(1)))]),
        ["tensor for a string"] = ("string", [Floats(1)]),
        ["tensor for an int"] = ("integer", [Floats(1)]),
        ["float for an int"] = ("integer", [Float(1)]),
        ["bool for an int"] = ("integer", [Bool(true)]),
        ["string for a float"] = ("float", [Text("1.0")]),
        ["int for a bool"] = ("boolean", [Int(1)]),
        ["string for an optional tensor"] = ("optional", [Text("x")]),
        ["tensor for a list"] = ("list_of_tensors", [Floats(1)]),
        ["tuple for a list"] = ("list_of_tensors", [Tuple(Floats(1))]),
        ["strings for ints"] = ("list_of_ints", [List(Text("1"), Text("2"))]),
        ["floats for ints"] = ("list_of_ints", [List(Float(1))]),
        ["tensors for ints"] = ("list_of_ints", [List(Floats(1))]),
        ["ints for tensors"] = ("list_of_tensors", [List(Int(1))]),
        ["none among tensors"] = ("list_of_tensors", [List(Floats(1), None)]),
        ["ints for strings"] = ("list_of_strings", [List(Int(1))]),
        ["strings for bools"] = ("list_of_bools", [List(Text("True"))]),
        ["mixed list"] = ("list_of_ints", [List(Int(1), Text("2"))]),
        ["mixed list under any"] = ("any_list", [List(List(Int(1), Text("2")))]),
        ["ints for lists"] = ("nested_list", [List(Int(1))]),
        ["lists of strings for lists of ints"] = ("nested_list", [List(List(Int(1)), List(Text("a")))]),
        ["list for a tuple"] = ("tuple", [List(Floats(1), Floats(2), Floats(3))]),
        ["short tuple"] = ("tuple", [Tuple(Floats(1), Int(1))]),
        ["long tuple"] = ("tuple", [Tuple(Floats(1), Int(1), Text("a"), Int(2))]),
        ["empty tuple"] = ("tuple", [Tuple()]),
        ["tuple in another order"] = ("tuple", [Tuple(Text("a"), Int(1), Floats(1))]),
        ["int keys for strings"] = ("dict_str_tensor", [Dict((Int(1), Floats(1)))]),
        ["string keys for ints"] = ("dict_int_tensor", [Dict((Text("1"), Floats(1)))]),
        ["mixed keys"] = ("dict_str_int", [Dict((Text("a"), Int(1)), (Int(2), Int(2)))]),
        ["mixed values"] = ("dict_str_int", [Dict((Text("a"), Int(1)), (Text("b"), Floats(2)))]),
        ["mixed keys under any"] = ("any_list", [List(Dict((Text("a"), Int(1)), (Int(2), Int(2))))]),
        ["tensor as a key"] = ("dict_str_int", [Dict((Floats(1), Int(1)))]),
        ["tensor as a key under any"] = ("any_list", [List(Dict((Floats(1), Int(1))))]),
        ["list as a key under any"] = ("any_list", [List(Dict((List(Int(1)), Int(1))))]),
        ["none as a key under any"] = ("any_list", [List(Dict((None, Int(1))))]),
        ["wrong leaf of a tree"] = ("tree", [Dict((Text("a"), Tuple(List(Floats(1)), Dict((Int(1), Int(2))))))]),
        ["100 lists deep under any"] = ("any_list", [Nested(100, Int(1))]),
        ["100 lists deep for a tensor"] = ("identity", [Nested(100, Floats(1))]),
        ["60 lists deep for a tensor"] = ("identity", [Nested(60, Floats(1))]),
        ["100,000 lists deep"] = ("any_list", [Nested(100_000, Int(1))]),
    };

    public static TheoryData<string> MisfitNames => [.. Misfits.Keys];

    [EngineTheory]
    [MemberData(nameof(MisfitNames))]
    public void Forward_ArgumentsThatDoNotFit_ThrowsWithAText(string misfit)
    {
        (string name, TorchValue[] inputs) = Misfits[misfit];
        using IScriptModule module = Load(name);

        TorchException failure = Should.Throw<TorchException>(() => module.Forward(inputs));

        failure.Message.ShouldNotBeNullOrWhiteSpace();
        failure.OutOfMemory.ShouldBeFalse();
        ShouldStillAnswer();
    }

    [EngineFact]
    public void Forward_TooManyOrTooFew_SaysHowMany()
    {
        using IScriptModule add = Load("add");

        Should.Throw<TorchException>(() => add.Forward(Floats(1))).Message.ShouldContain("'y'");
        Should.Throw<TorchException>(() => add.Forward(Floats(1), Floats(1), Floats(1))).Message.ShouldContain("3");
    }

    [EngineFact]
    public void Forward_ModuleRaises_TextHasTheMessageAndTheSourceLine()
    {
        using IScriptModule raises = Load("raises");

        string text = Should.Throw<TorchException>(() => raises.Forward(Floats(1))).Message;

        text.ShouldContain("the scan has no brain in it");
        text.ShouldContain("raise ValueError(\"the scan has no brain in it\")");
        text.ShouldContain("make_modules.py");
        text.ShouldNotContain("libtorch_cpu.so");
    }

    [EngineFact]
    public void Forward_OperatorFails_TextHasTheShapesAndEachCall()
    {
        using IScriptModule wrong = Load("wrong_shape");

        string text = Should.Throw<TorchException>(() => wrong.Forward(Floats(1, 2, 3))).Message;

        text.ShouldContain("1x3 and 4x2");
        text.ShouldContain("return torch.matmul(x.reshape(1, -1)");
        text.ShouldContain("return self.projection.project(x)");
        text.ShouldNotContain("libtorch_cpu.so");
    }

    [EngineFact]
    public void Forward_MoreMemoryThanThereIs_IsOutOfMemory()
    {
        using IScriptModule huge = Load("huge");

        TorchException failure = Should.Throw<TorchException>(() => huge.Forward(Floats(1)));

        failure.OutOfMemory.ShouldBeTrue();
        failure.Message.ShouldContain("4503599627370496");
        ShouldStillAnswer();
    }

    [EngineFact]
    public void Forward_ModuleRaises_IsNotOutOfMemory()
    {
        using IScriptModule raises = Load("raises");

        Should.Throw<TorchException>(() => raises.Forward(Floats(1))).OutOfMemory.ShouldBeFalse();
    }

    [EngineFact]
    public void Forward_ComplexResult_IsRefusedByName()
    {
        using IScriptModule complex = Load("complex");

        Should.Throw<TorchException>(() => complex.Forward(Floats(1))).Message.ShouldContain("Complex");
    }

    [EngineFact]
    public void Forward_FailsAgainAndAgain_EachHasItsOwnText()
    {
        using IScriptModule raises = Load("raises");
        using IScriptModule wrong = Load("wrong_shape");
        for (int i = 1; i < 50; i++)
        {
            Should.Throw<TorchException>(() => raises.Forward(Floats(1))).Message.ShouldContain("no brain");
            Should.Throw<TorchException>(() => wrong.Forward(Floats(new float[i]))).Message.ShouldContain($"1x{i} and {i + 1}x2");
        }

        ShouldStillAnswer();
    }

    [EngineFact]
    public void Forward_DisposedArray_ThrowsObjectDisposed()
    {
        using IScriptModule add = Load("add");
        NDArray array = NDArray.Copy<float>([1, 2], 2);
        array.Dispose();

        Should.Throw<ObjectDisposedException>(() => add.Forward(Floats(1, 2), new TorchValue.Tensor(array)));
        ShouldStillAnswer();
    }

    private void ShouldStillAnswer() => Answer("double", Floats(21)).ShouldBe("float32[1](42)");
}
