using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Pickles;

/// <summary>
/// Reads the data in a Python pickle, protocols 2 to 5, without Python: containers, texts and numbers, and instances of the few
/// classes that are known. Nothing is ever called, imported or run: a class that is not known is refused. What is made takes
/// memory in proportion to the pickle's length: its instructions, dictionaries and the entries that are copied are counted.
/// </summary>
/// <remarks>The values are .NET's: null, bool, long, <see cref="BigInteger"/>, double, string, byte[], <c>object?[]</c> for a
/// tuple, <c>List&lt;object?&gt;</c> for a list, and the types beside this one. A pickle's instructions, and their codes, are those
/// of Python's <c>pickletools</c>.</remarks>
/// <param name="pickle">The bytes; other pickles may follow.</param>
/// <param name="isKnown">Whether a class that is not one of Python's containers may occur.</param>
internal sealed class PickleReader(ReadOnlyMemory<byte> pickle, Predicate<PickledClass> isKnown)
{
    private const long MostSteps = 20_000_000;

    // An empty dictionary takes the memory of some four entries.
    private const int StepsPerDict = 4;

    private static readonly object Mark = new();

    private readonly List<object?> stack = [];
    private readonly Dictionary<uint, object?> memo = [];
    private readonly long mostSteps = Math.Min(MostSteps, (long)StepsPerDict * pickle.Length);
    private long steps;
    private int position;

    /// <summary>Reads the next pickle.</summary>
    /// <exception cref="PickleException">It is broken, or holds what is not known.</exception>
    public object? Read()
    {
        stack.Clear();
        memo.Clear();
        while (true)
        {
            byte instruction = Take(1)[0];
            Count(1);
            if (instruction == (byte)'.')
                return Pop();
            Follow(instruction);
        }
    }

    private void Follow(byte instruction)
    {
        switch (instruction)
        {
            case 0x80: Take(1); break;
            case 0x95: Take(8); break;
            case (byte)'(': stack.Add(Mark); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': stack.Add(Peek()); break;

            case (byte)'N': stack.Add(null); break;
            case 0x88: stack.Add(true); break;
            case 0x89: stack.Add(false); break;
            case (byte)'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': stack.Add((long)Take(1)[0]); break;
            case (byte)'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8A: stack.Add(Whole(Take(Take(1)[0]))); break;
            case (byte)'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;

            case (byte)'X': stack.Add(Text(Length(4))); break;
            case 0x8C: stack.Add(Text(Take(1)[0])); break;
            case 0x8D: stack.Add(Text(Length(8))); break;
            case (byte)'U': stack.Add(Encoding.Latin1.GetString(Take(Take(1)[0]))); break;
            case (byte)'T': stack.Add(Encoding.Latin1.GetString(Take(Length(4)))); break;
            case (byte)'C': stack.Add(Take(Take(1)[0]).ToArray()); break;
            case (byte)'B': stack.Add(Take(Length(4)).ToArray()); break;
            case 0x8E: stack.Add(Take(Length(8)).ToArray()); break;

            case (byte)')': stack.Add(Array.Empty<object?>()); break;
            case 0x85: Tuple(1); break;
            case 0x86: Tuple(2); break;
            case 0x87: Tuple(3); break;
            case (byte)'t': stack.Add(PopToMark()); break;
            case (byte)']': stack.Add(new List<object?>()); break;
            case (byte)'l': stack.Add(new List<object?>(PopToMark())); break;
            case (byte)'a': AddTo([Pop()]); break;
            case (byte)'e': AddTo(PopToMark()); break;
            case (byte)'}': stack.Add(NewDict()); break;
            case (byte)'d': stack.Add(Filled(NewDict(), PopToMark())); break;
            case (byte)'s': SetIn(PopSeveral(2)); break;
            case (byte)'u': SetIn(PopToMark()); break;

            case (byte)'q': memo[Take(1)[0]] = Peek(); break;
            case (byte)'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case 0x94: memo[(uint)memo.Count] = Peek(); break;
            case (byte)'h': stack.Add(Remembered(Take(1)[0])); break;
            case (byte)'j': stack.Add(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;

            case (byte)'c': stack.Add(Known(new PickledClass(Line(), Line()))); break;
            case 0x93: stack.Add(PopSeveral(2) is [string module, string name] ? Known(new PickledClass(module, name)) : throw Broken()); break;
            case (byte)'R' or 0x81: stack.Add(PopSeveral(2) is [PickledClass kind, object?[] arguments] ? Made(kind, arguments) : throw Broken()); break;
            case (byte)'b': Build(Pop()); break;
            // The place of a tensor's numbers, which stand elsewhere in the file.
            case (byte)'Q': Pop(); stack.Add(null); break;
            default: throw new PickleException($"has the pickle instruction 0x{instruction:X2} at byte {position - 1}, which is not followed here");
        }
    }

    private PickledClass Known(PickledClass kind) => kind switch
    {
        { Module: "collections", Name: "OrderedDict" or "Counter" or "defaultdict" } => kind,
        { Module: "builtins" or "__builtin__", Name: "dict" or "int" or "long" or "list" or "str" } => kind,
        _ when isKnown(kind) => kind,
        _ => throw new PickleException($"holds {PrintableText.Quoted(kind.ToString())}, which is Python code that is not run here"),
    };

    private object Made(PickledClass kind, object?[] arguments)
    {
        switch (kind)
        {
            case { Module: "collections", Name: "defaultdict" }:
                return Copied(NewDict(arguments is [PickledClass { Name: "int" or "long" } or PickledClass { Name: "_default_unk_index" }, ..] ? 0 : null), arguments.Skip(1).FirstOrDefault());
            case { Module: "collections", Name: "Counter" }:
                return Copied(NewDict(missing: 0), arguments.FirstOrDefault());
            case { Module: "collections", Name: "OrderedDict" } or { Name: "dict" }:
                return Copied(NewDict(), arguments.FirstOrDefault());
            case { Module: "builtins" or "__builtin__" }:
                throw new PickleException($"makes a Python {kind.Name} by calling it, which is not done here");
            default:
                return new PickledObject(kind);
        }
    }

    private PickledDict NewDict(long? missing = null)
    {
        Count(StepsPerDict - 1);
        return new PickledDict { Missing = missing };
    }

    private PickledDict Copied(PickledDict dict, object? from)
    {
        Count(from switch { PickledDict other => other.Items.Count, List<object?> pairs => pairs.Count, _ => 0 });
        switch (from)
        {
            case PickledDict other:
                foreach ((object key, object? value) in other.Items)
                    dict.Items[key] = value;
                break;
            case List<object?> pairs:
                foreach (object? pair in pairs)
                {
                    if (pair is List<object?> { Count: 2 } list)
                        Filled(dict, [list[0], list[1]]);
                    else
                        Filled(dict, pair is object?[] { Length: 2 } tuple ? tuple : throw Broken());
                }

                break;
        }

        return dict;
    }

    private void Build(object? state)
    {
        // What a container has beside its items does not count.
        if (Peek() is PickledObject made)
            made.State = state;
        else if (Peek() is not PickledDict)
            throw Broken();
    }

    private void AddTo(object?[] items) => (Peek() as List<object?> ?? throw Broken()).AddRange(items);

    private void SetIn(object?[] keysAndValues) => Filled(Peek() as PickledDict ?? throw Broken(), keysAndValues);

    private static PickledDict Filled(PickledDict dict, object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0)
            throw Broken();
        for (int i = 0; i < keysAndValues.Length; i += 2)
            dict.Items[keysAndValues[i] ?? throw new PickleException("has a dictionary with None among its keys")] = keysAndValues[i + 1];
        return dict;
    }

    private void Tuple(int count) => stack.Add(PopSeveral(count));

    private object? Remembered(uint place) => memo.TryGetValue(place, out object? value) ? value : throw Broken();

    private object? Peek() => stack.Count > 0 && !ReferenceEquals(stack[^1], Mark) ? stack[^1] : throw Broken();

    private object? Pop() => PopSeveral(1)[0];

    private object?[] PopSeveral(int count)
    {
        if (stack.Count < count)
            throw Broken();
        object?[] values = [.. stack[^count..]];
        if (values.Contains(Mark))
            throw Broken();
        stack.RemoveRange(stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark()
    {
        int mark = stack.LastIndexOf(Mark);
        if (mark < 0)
            throw Broken();
        object?[] values = [.. stack[(mark + 1)..]];
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private void Count(int more)
    {
        steps += more;
        if (steps > mostSteps)
            throw new PickleException($"makes or copies more than {mostSteps} values, which is too many for its length or in all");
    }

    private static object Whole(ReadOnlySpan<byte> bytes) => bytes.Length <= sizeof(long) ? (long)new BigInteger(bytes) : new BigInteger(bytes);

    private string Text(int length) => Encoding.UTF8.GetString(Take(length));

    private string Line()
    {
        int length = pickle.Span[position..].IndexOf((byte)'\n');
        string line = length < 0 ? throw Broken() : Text(length);
        position++;
        return line;
    }

    private int Length(int bytes)
    {
        ulong length = bytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Take(4)) : BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return length <= (ulong)(pickle.Length - position) ? (int)length : throw CutOff();
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > pickle.Length - position)
            throw CutOff();
        ReadOnlySpan<byte> taken = pickle.Span.Slice(position, count);
        position += count;
        return taken;
    }

    private static PickleException CutOff() => new("is cut off in the middle of a pickle");

    private static PickleException Broken() => new("is a broken pickle");
}
