using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Runs <c>pre_process.pt</c> or <c>post_process.pt</c>: a TorchScript module that takes all arrays of a request by
/// their names, and returns those that take their place. Other fields stay as they are.</summary>
internal static class ScriptedProcessing
{
    /// <summary>Runs the module.</summary>
    /// <param name="module">The module, from <c>Dict[str, Tensor]</c> to the same.</param>
    /// <param name="file">Its file's name, for messages.</param>
    /// <param name="fields">The fields, which the module's answer changes.</param>
    /// <exception cref="BadInputException">An array's dtype is none that tensors have.</exception>
    /// <exception cref="UnusableOutputException">The module returned something else.</exception>
    /// <exception cref="TorchException">The module failed.</exception>
    public static void Apply(IScriptModule module, string file, FieldDictionary fields)
    {
        List<KeyValuePair<TorchValue, TorchValue>> arguments = [];
        foreach ((string name, FieldValue value) in fields.Fields)
        {
            if (value is FieldValue.Array array)
                arguments.Add(KeyValuePair.Create<TorchValue, TorchValue>(new TorchValue.String(name), new TorchValue.Tensor(Tensor(name, array.Elements, fields))));
        }

        ForwardResult result = fields.Own(module.Forward(new TorchValue.Dict(arguments)));
        if (result.Value is not TorchValue.Dict returned)
            throw new UnusableOutputException($"{file} must return a Dict[str, Tensor], but returned a {result.Value.GetType().Name.ToLowerInvariant()}.");

        Dictionary<string, NDArray> arrays = new(StringComparer.Ordinal);
        foreach ((TorchValue key, TorchValue value) in returned.Items)
        {
            if (key is not TorchValue.String name || value is not TorchValue.Tensor tensor)
                throw new UnusableOutputException($"{file} must return a Dict[str, Tensor], but returned one with other things.");
            arrays[name.Text] = tensor.Array;
        }

        foreach (string gone in fields.Fields.Where(field => field.Value is FieldValue.Array && !arrays.ContainsKey(field.Key)).Select(field => field.Key).ToArray())
            fields.Remove(gone);
        foreach ((string name, NDArray array) in arrays)
            fields[name] = new FieldValue.Array(array);
    }

    private static NDArray Tensor(string name, NDArray array, FieldDictionary fields)
    {
        if (!array.DType.IsTensorType)
            throw new BadInputException($"field {PrintableText.Quoted(name)} is {array}; the model's processing takes tensors, which have no {array.DType.TypeName}");
        // The module may work in place, and the array may lie in the request, at any address.
        NDArray copy = fields.Own(NDArray.Allocate(array.DType, array.Shape));
        array.Memory.CopyTo(copy.Memory);
        return copy;
    }
}
