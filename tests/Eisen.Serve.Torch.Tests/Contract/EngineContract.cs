using System.Buffers.Binary;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>
/// What the server may rely on, whichever library answers: the tests that every <see cref="ITorchEngine"/> passes. Each
/// engine has a project of its own that compiles them, as a process bears one libtorch. The modules are those of <c>tests/fixtures/make_modules.py</c>.
/// </summary>
public abstract partial class EngineContract
{
    /// <summary>The modules whose arguments or results the engine refuses by name, for they are of types that it has not.</summary>
    protected virtual IReadOnlySet<string> Refused { get; } = new HashSet<string>();

    protected static ITorchEngine Engine => EngineUnderTest.Engine;

    protected static TorchValue.None None => TorchValue.None.Instance;

    protected static IScriptModule Load(string module) => Engine.Load(Fixtures.PathOf($"modules/{module}.pt"), TorchDevice.Cpu);

    /// <summary>Asks a module, and compares its answer as <see cref="TreeText"/> writes it. From a module that the engine refuses
    /// it wants a refusal that says so.</summary>
    protected void ShouldAnswer(string expected, string module, params TorchValue[] inputs)
    {
        if (Refused.Contains(module))
            Should.Throw<TorchException>(() => Answer(module, inputs)).Message.ShouldContain("TorchSharp cannot");
        else
            Answer(module, inputs).ShouldBe(expected);
    }

    /// <summary>What a module answers, as <see cref="TreeText"/> writes it.</summary>
    protected static string Answer(string module, params ReadOnlySpan<TorchValue> inputs)
    {
        using IScriptModule loaded = Load(module);
        using ForwardResult result = loaded.Forward(inputs);
        return TreeText.Of(result.Value);
    }

    protected static TorchValue.Tensor Floats(params ReadOnlySpan<float> elements) => Shaped(elements, elements.Length);

    /// <summary>A tensor over managed memory, which needs no dispose.</summary>
    protected static TorchValue.Tensor Shaped(ReadOnlySpan<float> elements, params ReadOnlySpan<long> shape)
    {
        byte[] bytes = new byte[elements.Length * sizeof(float)];
        for (int i = 0; i < elements.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), elements[i]);
        return new TorchValue.Tensor(NDArray.Wrap(DType.Float32, shape, bytes));
    }

    protected static TorchValue.Int Int(long number) => new(number);

    protected static TorchValue.Float Float(double number) => new(number);

    protected static TorchValue.Bool Bool(bool truth) => new(truth);

    protected static TorchValue.String Text(string text) => new(text);

    protected static TorchValue.List List(params TorchValue[] items) => new(items);

    protected static TorchValue.Tuple Tuple(params TorchValue[] items) => new(items);

    protected static TorchValue.Dict Dict(params (TorchValue Key, TorchValue Value)[] pairs) =>
        new([.. pairs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))]);

    /// <summary>A value inside as many lists as asked for.</summary>
    protected static TorchValue Nested(int depth, TorchValue innermost)
    {
        for (int i = 0; i < depth; i++)
            innermost = List(innermost);
        return innermost;
    }

    protected static float[] ElementsOf(ForwardResult result) => ((TorchValue.Tensor)result.Value).Array.AsSpan<float>().ToArray();
}
