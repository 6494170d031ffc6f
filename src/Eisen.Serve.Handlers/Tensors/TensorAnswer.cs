using System.Globalization;
using System.Runtime.InteropServices;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>Writes what a module returned in the form that a client wants.</summary>
internal static class TensorAnswer
{
    private const string OnlyName = "output";

    /// <summary>Makes an answer.</summary>
    /// <param name="output">What the module returned for the request.</param>
    /// <param name="accepted">The form that the client asks for; null for any.</param>
    /// <param name="given">The form that the request had.</param>
    /// <param name="memory">What the output lies in.</param>
    /// <param name="headers">Tells what raw bytes are.</param>
    /// <exception cref="BadInputException">The client asks for a form that the output cannot have.</exception>
    /// <exception cref="UnusableOutputException">The output has no form.</exception>
    public static HandlerAnswer Make(TorchValue output, TensorForm? accepted, TensorForm given, ForwardResult memory, AnswerHeaders headers)
    {
        NDArray? only = (output as TorchValue.Tensor)?.Array;
        TensorForm form = accepted ?? given;
        if (form is TensorForm.Raw or TensorForm.Npy && (only is null || (form == TensorForm.Npy && only.DType == DType.BFloat16)))
        {
            if (accepted is not null)
                throw new BadInputException($"Accept asks for a single tensor{(form == TensorForm.Npy ? " of numpy's" : "")}, but the module returned {Outputs.Describe(output)}: it can be sent as {TensorForms.Json} or {SafetensorsFile.MediaType}");
            form = TensorForm.Safetensors;
        }

        return form switch
        {
            TensorForm.Raw => HandlerAnswer.Success(only!.Memory, TensorForms.Raw, memory.Share(), headers.Of(only)),
            TensorForm.Npy => WrittenAnswer.Make(only!, NpyFile.Write, NpyFile.MediaType),
            TensorForm.Json => WrittenAnswer.Make(output, JsonValueWriter.Write, TensorForms.Json),
            _ => WrittenAnswer.Make(output, WriteSafetensors, SafetensorsFile.MediaType),
        };
    }

    private static void WriteSafetensors(NativeBuffer buffer, TorchValue output)
    {
        List<TensorInput> tensors = [];
        List<KeyValuePair<string, string>> texts = [];
        Flatten(output, "", tensors, texts);
        if (tensors.Count == 0)
            throw new UnusableOutputException($"The module returned {Outputs.Describe(output)} without a tensor, which only {TensorForms.Json} can tell.");
        if (tensors.Select(tensor => tensor.Name).Concat(texts.Select(text => text.Key)).Distinct(StringComparer.Ordinal).Count() < tensors.Count + texts.Count)
            throw new UnusableOutputException($"The module returned {Outputs.Describe(output)} with several tensors of one name, which only {TensorForms.Json} can tell.");
        SafetensorsFile.Write(buffer, tensors, texts);
    }

    /// <summary>Names what is in a tree by its path: keys and places with dots between.</summary>
    private static void Flatten(TorchValue value, string path, List<TensorInput> tensors, List<KeyValuePair<string, string>> texts)
    {
        string name = path.Length == 0 ? OnlyName : path;
        switch (value)
        {
            case TorchValue.Tensor tensor:
                tensors.Add(new TensorInput(name, tensor.Array));
                break;
            case TorchValue.Int whole:
                tensors.Add(new TensorInput(name, Scalar(DType.Int64, whole.Number)));
                break;
            case TorchValue.Float real:
                tensors.Add(new TensorInput(name, Scalar(DType.Float64, real.Number)));
                break;
            case TorchValue.Bool truth:
                tensors.Add(new TensorInput(name, Scalar(DType.Bool, truth.Truth)));
                break;
            case TorchValue.String text:
                texts.Add(new(name, text.Text));
                break;
            case TorchValue.List list:
                FlattenItems(list.Items, path, tensors, texts);
                break;
            case TorchValue.Tuple tuple:
                FlattenItems(tuple.Items, path, tensors, texts);
                break;
            case TorchValue.Dict dict:
                foreach ((TorchValue key, TorchValue item) in dict.Items)
                    Flatten(item, Join(path, JsonValueWriter.Key(key)), tensors, texts);
                break;
        }
    }

    private static void FlattenItems(IReadOnlyList<TorchValue> items, string path, List<TensorInput> tensors, List<KeyValuePair<string, string>> texts)
    {
        for (int i = 0; i < items.Count; i++)
            Flatten(items[i], Join(path, i.ToString(CultureInfo.InvariantCulture)), tensors, texts);
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static NDArray Scalar<T>(DType dtype, T number)
        where T : unmanaged => NDArray.Wrap(dtype, [], MemoryMarshal.AsBytes([number]).ToArray());
}
