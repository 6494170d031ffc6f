using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Values that are no tensors, and containers in containers.</summary>
public abstract partial class EngineContract
{
    [Theory]
    [InlineData("scan", "SCAN")]
    [InlineData("", "")]
    [InlineData("h\u00E4l\u00E5 \u8111 \U0001F9E0", "H\u00E4L\u00E5 \u8111 \U0001F9E0")]
    [InlineData("a\0b\0", "A\0B\0")]
    public void Forward_String_KeepsEveryCharacter(string text, string answer) => Answer("string", Text(text)).ShouldBe($"'{answer}'");

    [Fact]
    public void Forward_LongString_ComesBackWhole() => Answer("string", Text(new string('x', 3_000_001))).Length.ShouldBe(3_000_003);

    [Theory]
    [InlineData(41, 42)]
    [InlineData(-1, 0)]
    [InlineData(long.MaxValue - 1, long.MaxValue)]
    [InlineData(long.MinValue, long.MinValue + 1)]
    public void Forward_Int_HasAll64Bits(long number, long answer) => Answer("integer", Int(number)).ShouldBe($"{answer}");

    [Theory]
    [InlineData(3.0, "1.5f")]
    [InlineData(double.PositiveInfinity, "Infinityf")]
    [InlineData(double.NegativeInfinity, "-Infinityf")]
    [InlineData(double.NaN, "NaNf")]
    [InlineData(-0.0, "-0f")]
    [InlineData(double.MaxValue, "8.988465674311579E+307f")]
    [InlineData(1e-310, "5E-311f")]
    public void Forward_Float_HasAll64Bits(double number, string answer) => Answer("float", Float(number)).ShouldBe(answer);

    [Fact]
    public void Forward_Bool_ComesBackAsBool()
    {
        Answer("boolean", Bool(true)).ShouldBe("False");
        Answer("boolean", Bool(false)).ShouldBe("True");
    }

    [Fact]
    public void Forward_Optional_TakesNoneAndAValue()
    {
        Answer("optional", None).ShouldBe("None");
        Answer("optional", Floats(1, 2)).ShouldBe("float32[2](2 4)");
    }

    [Fact]
    public void Forward_ResultNone_IsNone() => Answer("none", Floats(1)).ShouldBe("None");

    [Fact]
    public void Forward_EachKindOfArgumentAtOnce_GetsItsOwn() =>
        Answer("scalars", Floats(1.5f), Int(6), Float(5), Bool(false), Text("mri")).ShouldBe("(float32[1](3), 7, 2.5f, True, 'MRI')");

    [Fact]
    public void Forward_ArgumentLeftOut_TakesItsDefault()
    {
        Answer("default_arguments", Floats(1)).ShouldBe("float32[1](2)");
        Answer("default_arguments", Floats(1), Float(0.5)).ShouldBe("float32[1](0.5)");
    }

    [Fact]
    public void Forward_IntWhereAFloatIsWanted_IsTaken()
    {
        Answer("float", Int(3)).ShouldBe("1.5f");
        Answer("default_arguments", Floats(1), Int(3)).ShouldBe("float32[1](3)");
        Answer("list_of_floats", List(Int(1), Float(3))).ShouldBe("[0.5f, 1.5f]");
    }

    [Fact]
    public void Forward_ListOfEachType_ComesBack()
    {
        Answer("list_of_tensors", List(Floats(1), Floats(2, 3))).ShouldBe("[float32[2](2 3), float32[1](1)]");
        Answer("list_of_ints", List(Int(1), Int(-5))).ShouldBe("[2, -4]");
        Answer("list_of_floats", List(Float(1), Float(-5))).ShouldBe("[0.5f, -2.5f]");
        Answer("list_of_strings", List(Text("a"), Text(""), Text("b\0"))).ShouldBe("['A', '', 'B\0']");
        Answer("list_of_bools", List(Bool(true), Bool(false))).ShouldBe("[False, True]");
    }

    [Theory]
    [InlineData("list_of_tensors")]
    [InlineData("list_of_ints")]
    [InlineData("list_of_floats")]
    [InlineData("list_of_strings")]
    [InlineData("list_of_bools")]
    [InlineData("nested_list")]
    [InlineData("any_list")]
    public void Forward_EmptyList_ComesBackEmpty(string module) => Answer(module, List()).ShouldBe("[]");

    [Fact]
    public void Forward_ListInAList_KeepsEmptyOnes() =>
        Answer("nested_list", List(List(Int(1), Int(2)), List(), List(Int(3)))).ShouldBe("[[1, 2], [], [3]]");

    [Fact]
    public void Forward_ListOfAny_TakesMixedContent() =>
        Answer("any_list", List(Int(1), Text("a"), None, Floats(2), List(Float(0.5)), Tuple(Bool(true), Int(2)), Dict((Text("k"), Int(3)))))
            .ShouldBe("[1, 'a', None, float32[1](2), [0.5f], (True, 2), {'k': 3}]");

    [Fact]
    public void Forward_ContainersOfTensorsUnderAny_MayDifferInShape() =>
        Answer("any_list", List(
            List(Floats(1), Floats(2, 3)),
            List(Tuple(Floats(1), Int(1)), Tuple(Shaped([2, 3], 1, 2), Int(2))),
            List(List(Floats(1)), List(Floats(2, 3))),
            Dict((Int(1), Floats(1)), (Int(2), Floats(2, 3)))))
            .ShouldBe(
                "[[float32[1](1), float32[2](2 3)], [(float32[1](1), 1), (float32[1, 2](2 3), 2)], "
                + "[[float32[1](1)], [float32[2](2 3)]], {1: float32[1](1), 2: float32[2](2 3)}]");

    [Fact]
    public void Forward_Tuple_ComesBack() =>
        Answer("tuple", Tuple(Floats(1, 2), Int(7), Text("seven"))).ShouldBe("('seven', 7, float32[2](1 2))");

    [Fact]
    public void Forward_NamedTuple_ComesBackAsATuple() => Answer("named_tuple", Floats(3, 1, 2)).ShouldBe("(float32[](1), float32[](3))");

    [Fact]
    public void Forward_DictOfEachType_ComesBack()
    {
        Answer("dict_str_tensor", Dict((Text("a"), Floats(1)), (Text(""), Floats(2)))).ShouldBe("{'a': float32[1](2), '': float32[1](4)}");
        Answer("dict_int_tensor", Dict((Int(-7), Floats(1)))).ShouldBe("{-7: float32[1](1)}");
        Answer("dict_str_int", Dict((Text("least"), Int(long.MinValue)), (Text("most"), Int(long.MaxValue))))
            .ShouldBe("{'least': -9223372036854775808, 'most': 9223372036854775807}");
        Answer("dict_str_list", Dict((Text("a"), List(Floats(1), Floats(2, 3))), (Text("b"), List())))
            .ShouldBe("{'a': [float32[1](1), float32[2](2 3)], 'b': []}");
        Answer("dict_str_tensor", Dict()).ShouldBe("{}");
    }

    [Fact]
    public void Forward_DictOfManyKeys_KeepsTheirOrder()
    {
        int[] numbers = [.. Enumerable.Range(0, 500)];
        new Random(3).Shuffle(numbers);
        TorchValue.Dict dict = Dict([.. numbers.Select(number => ((TorchValue)Text($"key {number}"), (TorchValue)Int(number)))]);

        Answer("dict_str_int", dict).ShouldBe($"{{{string.Join(", ", numbers.Select(number => $"'key {number}': {number}"))}}}");
    }

    [Fact]
    public void Forward_DictWithAKeyTwice_TakesTheLastValue() =>
        Answer("dict_str_int", Dict((Text("a"), Int(1)), (Text("b"), Int(2)), (Text("a"), Int(3)))).ShouldBe("{'a': 3, 'b': 2}");

    [Fact]
    public void Forward_Tree_ComesBackWhole() =>
        Answer("tree", Dict(
            (Text("left"), Tuple(List(Floats(1), Floats(2, 3)), Dict((Int(1), Text("one")), (Int(2), Text("two"))))),
            (Text("right"), Tuple(List(), Dict()))))
            .ShouldBe("{'left': ([float32[1](1), float32[2](2 3)], {1: 'one', 2: 'two'}), 'right': ([], {})}");

    [Fact]
    public void Forward_ManyItems_AllComeBack()
    {
        TorchValue[] items = [.. Enumerable.Range(0, 200_000).Select(number => Int(number))];
        using IScriptModule module = Load("list_of_ints");

        using ForwardResult result = module.Forward(List(items));

        ((TorchValue.List)result.Value).Items.Select(item => ((TorchValue.Int)item).Number)
            .ShouldBe(Enumerable.Range(1, 200_000).Select(number => (long)number));
    }

    // Each level doubled the work once: a request of a few hundred bytes would have run for years.
    [Fact(Timeout = 60_000)]
    public async Task Forward_DeepListsUnderAny_AnswerAtOnce()
    {
        string answer = await Task.Run(() => Answer("any_list", Nested(60, Int(1))));

        answer.ShouldBe(new string('[', 60) + "1" + new string(']', 60));
    }
}
