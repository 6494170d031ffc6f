using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Tensors in JSON: nested lists of numbers; the same with its dtype, <c>{"dtype": "int64", "data": [[1, 2]]}</c>; or several of
/// either by names, <c>{"x": [[1, 2]], "y": {"dtype": "int64", "data": [3]}}</c>.
/// </summary>
internal static class TensorJson
{
    private const int MostMembers = 1000;

    /// <summary>What a tensor that tells its dtype may have: in this project's words, and in KServe's.</summary>
    private static readonly HashSet<string> Fields = new(StringComparer.Ordinal) { "data", "dtype", "datatype", "name", "shape" };

    /// <summary>Reads tensors.</summary>
    /// <param name="json">The document.</param>
    /// <param name="parts">The parts that it came among, of which <c>datatype</c> may tell the dtype.</param>
    /// <param name="dtype">The dtype of numbers whose own is not told.</param>
    /// <exception cref="BadInputException">It has another form.</exception>
    public static IReadOnlyList<TensorInput> Read(ReadOnlyMemory<byte> json, IReadOnlyList<RequestPart> parts, DType dtype)
    {
        if (JsonPieces.FirstOf(json.Span) != (byte)'{')
        {
            RequestPart? told = parts.FirstOrDefault(part => part.Name == "datatype");
            return [new TensorInput(null, JsonArrayReader.Read(json.Span, told is null ? dtype : TypeOf(told.Content)))];
        }

        List<(string Name, ReadOnlyMemory<byte> Value)> members = JsonPieces.Members(json, MostMembers);
        if (IsTensor(members))
            return [new TensorInput(null, ReadTensor(members, dtype))];
        List<TensorInput> tensors = [];
        try
        {
            foreach ((string name, ReadOnlyMemory<byte> value) in members)
            {
                if (tensors.Exists(tensor => tensor.Name == name))
                    throw new BadInputException($"the JSON has {PrintableText.Quoted(name)} twice");
                tensors.Add(new TensorInput(name, ReadValue(name, value, dtype)));
            }

            return tensors.Count > 0 ? tensors : throw new BadInputException("the JSON object is empty; it must have tensors by their names");
        }
        catch
        {
            tensors.ForEach(tensor => tensor.Array.Dispose());
            throw;
        }
    }

    private static NDArray ReadValue(string name, ReadOnlyMemory<byte> value, DType dtype)
    {
        if (JsonPieces.FirstOf(value.Span) != (byte)'{')
            return JsonArrayReader.Read(value.Span, dtype);
        List<(string Name, ReadOnlyMemory<byte> Value)> members = JsonPieces.Members(value, MostMembers);
        return IsTensor(members) ? ReadTensor(members, dtype) : throw new BadInputException($"{PrintableText.Quoted(name)} must be lists of numbers, or {{\"dtype\": \"float32\", \"data\": [...]}}");
    }

    private static bool IsTensor(List<(string Name, ReadOnlyMemory<byte> Value)> members) =>
        members.Exists(member => member.Name == "data") && members.TrueForAll(member => Fields.Contains(member.Name));

    private static NDArray ReadTensor(List<(string Name, ReadOnlyMemory<byte> Value)> members, DType dtype)
    {
        if (members.FindLast(member => member.Name is "dtype" or "datatype") is { Name: not null } told)
            dtype = TypeOf(told.Value);
        return JsonArrayReader.Read(members.FindLast(member => member.Name == "data").Value.Span, dtype);
    }

    private static DType TypeOf(ReadOnlyMemory<byte> json)
    {
        string name = JsonPieces.Text(json) ?? "";
        DType? dtype = name switch
        {
            "BOOL" => DType.Bool,
            "UINT8" => DType.UInt8,
            "INT8" => DType.Int8,
            "INT16" => DType.Int16,
            "INT32" => DType.Int32,
            "INT64" => DType.Int64,
            "FP32" => DType.Float32,
            "FP64" => DType.Float64,
            _ when DTypeExtensions.TryParse(name, out DType parsed) => parsed,
            _ => null,
        };
        return dtype is { } found && JsonArrayReader.Supports(found)
            ? found
            : throw new BadInputException($"the dtype {PrintableText.Quoted(name)} cannot be read from JSON; float32, float64, int8, uint8, int16, int32, int64 and bool can");
    }
}
