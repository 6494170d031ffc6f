using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Makes the arguments of a module's forward of a request's tensors.</summary>
internal static class TensorArguments
{
    /// <summary>Makes arguments: a tensor without a name is the first one; tensors with names go to the arguments that are called so, or,
    /// together, into the one argument that is a dictionary or a list of tensors.</summary>
    /// <param name="inputs">The tensors.</param>
    /// <param name="parameters">The module's arguments.</param>
    /// <exception cref="BadInputException">The names are not the module's.</exception>
    public static TorchValue[] Make(IReadOnlyList<TensorInput> inputs, IReadOnlyList<ModuleParameter> parameters)
    {
        if (inputs is [{ Name: null, Array: var only }])
            return [parameters is [var first, ..] && IsList(first) ? new TorchValue.List([new TorchValue.Tensor(only)]) : Value(only, parameters is [{ Type: var type }, ..] ? type : null)];
        return OfSeveral(inputs, parameters);
    }

    private static TorchValue[] OfSeveral(IReadOnlyList<TensorInput> inputs, IReadOnlyList<ModuleParameter> parameters)
    {
        if (inputs.All(input => parameters.Any(parameter => parameter.Name == input.Name)))
            return ByName(inputs, parameters);
        if (parameters.Count > 0 && parameters.Skip(1).All(other => other.HasDefault))
        {
            if (parameters[0].Type.StartsWith("Dict[str, Tensor", StringComparison.Ordinal))
                return [new TorchValue.Dict([.. inputs.Select(input => KeyValuePair.Create<TorchValue, TorchValue>(new TorchValue.String(input.Name!), new TorchValue.Tensor(input.Array)))])];
            if (IsList(parameters[0]))
                return [new TorchValue.List([.. inputs.Select(input => new TorchValue.Tensor(input.Array))])];
        }

        string given = string.Join(", ", inputs.Take(10).Select(input => PrintableText.Quoted(input.Name!)));
        throw new BadInputException($"the request has the tensors {given}, but the module takes {string.Join(", ", parameters.Take(20).Select(each => PrintableText.Shortened(each.ToString())))}");
    }

    private static TorchValue[] ByName(IReadOnlyList<TensorInput> inputs, IReadOnlyList<ModuleParameter> parameters)
    {
        List<TorchValue> arguments = [];
        string? leftOut = null;
        foreach (ModuleParameter parameter in parameters)
        {
            int index = inputs.TakeWhile(input => input.Name != parameter.Name).Count();
            if (index == inputs.Count)
            {
                leftOut ??= parameter.Name;
                if (!parameter.HasDefault)
                    throw new BadInputException($"the module's argument {PrintableText.Quoted(parameter.ToString())} is missing");
                continue;
            }

            if (leftOut is not null)
                throw new BadInputException($"the module's argument {PrintableText.Quoted(leftOut)} stands before {PrintableText.Quoted(parameter.Name)}, and cannot be left out");
            NDArray array = inputs[index].Array;
            arguments.Add(IsList(parameter) ? new TorchValue.List([new TorchValue.Tensor(array)]) : Value(array, parameter.Type));
        }

        return [.. arguments];
    }

    private static bool IsList(ModuleParameter parameter) => parameter.Type == "List[Tensor]";

    /// <summary>A tensor as an argument's type wants it: one without dimensions can also be a plain number.</summary>
    private static TorchValue Value(NDArray array, string? type)
    {
        if (array.Shape.Length > 0 || type is not ("int" or "float" or "bool" or "Optional[int]" or "Optional[float]" or "Optional[bool]"))
            return new TorchValue.Tensor(array);
        double number = Number(array);
        return type switch
        {
            "float" or "Optional[float]" => new TorchValue.Float(number),
            "bool" or "Optional[bool]" => new TorchValue.Bool(number != 0),
            _ when array.DType == DType.Int64 => new TorchValue.Int(array.AsSpan<long>()[0]),
            _ when number == Math.Floor(number) && Math.Abs(number) <= long.MaxValue / 2 => new TorchValue.Int((long)number),
            _ => throw new BadInputException("the module takes a whole number where the request has another one"),
        };
    }

    private static double Number(NDArray array) => array.DType switch
    {
        DType.Float16 => (double)array.AsSpan<Half>()[0],
        DType.BFloat16 => BitConverter.Int32BitsToSingle(array.AsSpan<ushort>()[0] << 16),
        DType.Float32 => array.AsSpan<float>()[0],
        DType.Float64 => array.AsSpan<double>()[0],
        DType.Int8 => array.AsSpan<sbyte>()[0],
        DType.UInt8 => array.AsSpan<byte>()[0],
        DType.Int16 => array.AsSpan<short>()[0],
        DType.Int32 => array.AsSpan<int>()[0],
        DType.Int64 => array.AsSpan<long>()[0],
        _ => array.AsSpan<bool>()[0] ? 1 : 0,
    };
}
