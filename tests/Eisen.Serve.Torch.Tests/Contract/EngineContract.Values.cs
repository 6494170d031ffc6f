using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Values that are no tensors, and containers in containers.</summary>
public abstract partial class EngineContract
{
    [EngineTheory]
    [InlineData("scan", "SCAN")]
    [InlineData("", "")]
    [InlineData("h\u00E4l\u00E5 \u8111 \U0001F9E0", "H\u00E4L\u00E5 \u8111 \U0001F9E0")]
    [InlineData("a\0b\0", "A\0B\0")]
    public void Forward_String_KeepsEveryCharacter(string text, string answer) => ShouldAnswer($"'{answer}'", "string", Text(text));

    [EngineFact]
    public void Forward_LongString_ComesBackWhole() => ShouldAnswer($"'{new string('X', 3_000_001)}'", "string", Text(new string('x', 3_000_001)));

    [EngineTheory]
    [InlineData(41, 42)]
    [InlineData(-1, 0)]
    [InlineData(long.MaxValue - 1, long.MaxValue)]
    [InlineData(long.MinValue, long.MinValue + 1)]
    public void Forward_Int_HasAll64Bits(long number, long answer) => ShouldAnswer($"{answer}", "integer", Int(number));

    [EngineTheory]
    [InlineData(3.0, "1.5f")]
    [InlineData(double.PositiveInfinity, "Infinityf")]
    [InlineData(double.NegativeInfinity, "-Infinityf")]
    [InlineData(double.NaN, "NaNf")]
    [InlineData(-0.0, "-0f")]
    [InlineData(double.MaxValue, "8.988465674311579E+307f")]
    [InlineData(1e-310, "5E-311f")]
    public void Forward_Float_HasAll64Bits(double number, string answer) => ShouldAnswer(answer, "float", Float(number));

    [EngineFact]
    public void Forward_Bool_ComesBackAsBool()
    {
        ShouldAnswer("False", "boolean", Bool(true));
        ShouldAnswer("True", "boolean", Bool(false));
    }

    [EngineFact]
    public void Forward_Optional_TakesNoneAndAValue()
    {
        ShouldAnswer("None", "optional", None);
        ShouldAnswer("float32[2](2 4)", "optional", Floats(1, 2));
    }

    [EngineFact]
    public void Forward_ResultNone_IsNone() => ShouldAnswer("None", "none", Floats(1));

    [EngineFact]
    public void Forward_EachKindOfArgumentAtOnce_GetsItsOwn() =>
        ShouldAnswer("(float32[1](3), 7, 2.5f, True, 'MRI')", "scalars", Floats(1.5f), Int(6), Float(5), Bool(false), Text("mri"));

    [EngineFact]
    public void Forward_NumbersAndTruthValues_ComeBackInATuple() =>
        ShouldAnswer("(float32[1](3), 7, 2.5f, True)", "numbers", Floats(1.5f), Int(6), Float(5), Bool(false));

    [EngineFact]
    public void Forward_ContainersInATuple_ComeBack() =>
        ShouldAnswer("([float32[1](8), float32[1](9)], (float32[1](8), 2), [0.5f, 1.5f], None, [[3], []])", "nested_results", Floats(8));

    [EngineFact]
    public void Forward_TupleOfSixDifferentKinds_ComesBackOrIsRefused() =>
        ShouldAnswer("(float32[1](8), 1, float32[1](8), 2, float32[1](8), 3)", "six_mixed", Floats(8));

    [EngineFact]
    public void Forward_ArgumentLeftOut_TakesItsDefault()
    {
        ShouldAnswer("float32[1](2)", "default_arguments", Floats(1));
        ShouldAnswer("float32[1](0.5)", "default_arguments", Floats(1), Float(0.5));
    }

    [EngineFact]
    public void Forward_IntWhereAFloatIsWanted_IsTaken()
    {
        ShouldAnswer("1.5f", "float", Int(3));
        ShouldAnswer("float32[1](3)", "default_arguments", Floats(1), Int(3));
        ShouldAnswer("[0.5f, 1.5f]", "list_of_floats", List(Int(1), Float(3)));
    }

    [EngineFact]
    public void Forward_ListOfEachType_ComesBack()
    {
        ShouldAnswer("[float32[2](2 3), float32[1](1)]", "list_of_tensors", List(Floats(1), Floats(2, 3)));
        ShouldAnswer("[2, -4]", "list_of_ints", List(Int(1), Int(-5)));
        ShouldAnswer("[0.5f, -2.5f]", "list_of_floats", List(Float(1), Float(-5)));
        ShouldAnswer("['A', '', 'B\0']", "list_of_strings", List(Text("a"), Text(""), Text("b\0")));
        ShouldAnswer("[False, True]", "list_of_bools", List(Bool(true), Bool(false)));
    }

    [EngineTheory]
    [InlineData("list_of_tensors")]
    [InlineData("list_of_ints")]
    [InlineData("list_of_floats")]
    [InlineData("list_of_strings")]
    [InlineData("list_of_bools")]
    [InlineData("nested_list")]
    [InlineData("any_list")]
    public void Forward_EmptyList_ComesBackEmpty(string module) => ShouldAnswer("[]", module, List());

    [EngineFact]
    public void Forward_ListInAList_KeepsEmptyOnes() =>
        ShouldAnswer("[[1, 2], [], [3]]", "nested_list", List(List(Int(1), Int(2)), List(), List(Int(3))));

    [EngineFact]
    public void Forward_ListOfAny_TakesMixedContent() =>
        ShouldAnswer(
            "[1, 'a', None, float32[1](2), [0.5f], (True, 2), {'k': 3}]",
            "any_list",
            List(Int(1), Text("a"), None, Floats(2), List(Float(0.5)), Tuple(Bool(true), Int(2)), Dict((Text("k"), Int(3)))));

    [EngineFact]
    public void Forward_ContainersOfTensorsUnderAny_MayDifferInShape() =>
        ShouldAnswer(
            "[[float32[1](1), float32[2](2 3)], [(float32[1](1), 1), (float32[1, 2](2 3), 2)], "
            + "[[float32[1](1)], [float32[2](2 3)]], {1: float32[1](1), 2: float32[2](2 3)}]",
            "any_list",
            List(
                List(Floats(1), Floats(2, 3)),
                List(Tuple(Floats(1), Int(1)), Tuple(Shaped([2, 3], 1, 2), Int(2))),
                List(List(Floats(1)), List(Floats(2, 3))),
                Dict((Int(1), Floats(1)), (Int(2), Floats(2, 3)))));

    [EngineFact]
    public void Forward_Tuple_ComesBack() =>
        ShouldAnswer("('seven', 7, float32[2](1 2))", "tuple", Tuple(Floats(1, 2), Int(7), Text("seven")));

    [EngineFact]
    public void Forward_NamedTuple_ComesBackAsATuple() => ShouldAnswer("(float32[](1), float32[](3))", "named_tuple", Floats(3, 1, 2));

    [EngineFact]
    public void Forward_DictOfEachType_ComesBack()
    {
        ShouldAnswer("{'a': float32[1](2), '': float32[1](4)}", "dict_str_tensor", Dict((Text("a"), Floats(1)), (Text(""), Floats(2))));
        ShouldAnswer("{-7: float32[1](1)}", "dict_int_tensor", Dict((Int(-7), Floats(1))));
        ShouldAnswer(
            "{'least': -9223372036854775808, 'most': 9223372036854775807}",
            "dict_str_int",
            Dict((Text("least"), Int(long.MinValue)), (Text("most"), Int(long.MaxValue))));
        ShouldAnswer(
            "{'a': [float32[1](1), float32[2](2 3)], 'b': []}",
            "dict_str_list",
            Dict((Text("a"), List(Floats(1), Floats(2, 3))), (Text("b"), List())));
        ShouldAnswer("{}", "dict_str_tensor", Dict());
    }

    [EngineFact]
    public void Forward_DictOfManyKeys_KeepsTheirOrder()
    {
        int[] numbers = [.. Enumerable.Range(0, 500)];
        new Random(3).Shuffle(numbers);
        TorchValue.Dict dict = Dict([.. numbers.Select(number => ((TorchValue)Text($"key {number}"), (TorchValue)Int(number)))]);

        ShouldAnswer($"{{{string.Join(", ", numbers.Select(number => $"'key {number}': {number}"))}}}", "dict_str_int", dict);
    }

    [EngineFact]
    public void Forward_DictWithAKeyTwice_TakesTheLastValue() =>
        ShouldAnswer("{'a': 3, 'b': 2}", "dict_str_int", Dict((Text("a"), Int(1)), (Text("b"), Int(2)), (Text("a"), Int(3))));

    [EngineFact]
    public void Forward_Tree_ComesBackWhole() =>
        ShouldAnswer("{'left': ([float32[1](1), float32[2](2 3)], {1: 'one', 2: 'two'}), 'right': ([], {})}", "tree", Dict(
            (Text("left"), Tuple(List(Floats(1), Floats(2, 3)), Dict((Int(1), Text("one")), (Int(2), Text("two"))))),
            (Text("right"), Tuple(List(), Dict()))));

    [EngineFact]
    public void Forward_ManyItems_AllComeBack()
    {
        TorchValue[] items = [.. Enumerable.Range(0, 200_000).Select(number => Int(number))];

        ShouldAnswer($"[{string.Join(", ", Enumerable.Range(1, 200_000))}]", "list_of_ints", List(items));
    }

    // Each level doubled the work once: a request of a few hundred bytes would have run for years.
    [EngineFact(Timeout = 60_000)]
    public Task Forward_DeepListsUnderAny_AnswerAtOnce() =>
        Task.Run(() => ShouldAnswer(new string('[', 60) + "1" + new string(']', 60), "any_list", Nested(60, Int(1))));
}
