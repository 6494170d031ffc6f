using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>A request's tensors, decoded; or what is wrong with it.</summary>
internal sealed class TensorRequest : IDisposable
{
    private string? key;

    private TensorRequest(IReadOnlyList<TensorInput> inputs, TensorForm form, string? mistake)
    {
        Inputs = inputs;
        Form = form;
        Mistake = mistake;
    }

    /// <summary>The tensors; they may lie in the request.</summary>
    public IReadOnlyList<TensorInput> Inputs { get; }

    /// <summary>The form that they had.</summary>
    public TensorForm Form { get; }

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Mistake { get; }

    /// <summary>Equal for requests that can be put together along the first dimension; null for one that fits with no other.</summary>
    public string? Key => key ??= Mistake is null ? KeyOf(Inputs) : null;

    /// <summary>Decodes a request; once.</summary>
    /// <param name="request">The request.</param>
    /// <param name="dtype">What numbers in JSON are that say nothing of their type.</param>
    public static TensorRequest Of(HandlerRequest request, DType dtype)
    {
        if (request.Decoded is TensorRequest decoded)
            return decoded;
        TensorRequest made;
        try
        {
            (IReadOnlyList<TensorInput> inputs, TensorForm form) = Read(request, dtype);
            made = new TensorRequest(inputs, form, null);
        }
        catch (Exception mistake) when (mistake is BadInputException or DataFormatException)
        {
            made = new TensorRequest([], TensorForm.Raw, mistake.Message);
        }

        request.Decoded = made;
        return made;
    }

    public void Dispose()
    {
        foreach (TensorInput input in Inputs)
            input.Array.Dispose();
    }

    private static (IReadOnlyList<TensorInput>, TensorForm) Read(HandlerRequest request, DType dtype)
    {
        if (request.Payload is { } payload)
            return ReadPart(payload, request, dtype);
        if (request.Parts.Count == 0)
            throw new BadInputException("the request has no parts");
        if (TensorHeaders.AreIn(request.Headers))
            throw new BadInputException("the request has several parts, and none of them is called 'data' or 'body', of which the header fields could tell");

        return (ReadParts(request, dtype), TensorForm.Safetensors);
    }

    private static List<TensorInput> ReadParts(HandlerRequest request, DType dtype)
    {
        List<TensorInput> inputs = [];
        List<TensorInput> all = [];
        try
        {
            foreach (RequestPart part in request.Parts)
            {
                if (inputs.Exists(input => input.Name == part.Name))
                    throw new BadInputException($"there are two parts called {PrintableText.Quoted(part.Name)}");
                (IReadOnlyList<TensorInput> given, _) = ReadPart(part, request, dtype);
                all.AddRange(given);
                inputs.Add(given is [{ Array: var array }] ? new TensorInput(part.Name, array) : throw new BadInputException($"part {PrintableText.Quoted(part.Name)} must have one tensor, not {given.Count}"));
            }

            return inputs;
        }
        catch
        {
            all.ForEach(input => input.Array.Dispose());
            throw;
        }
    }

    private static (IReadOnlyList<TensorInput>, TensorForm) ReadPart(RequestPart part, HandlerRequest request, DType dtype)
    {
        TensorForm form = TensorForms.OfMediaType(part.ContentType) ?? (TensorHeaders.AreIn(request.Headers) ? TensorForm.Raw : FormOf(part.Content.Span));
        return (form switch
        {
            TensorForm.Npy => [new TensorInput(null, RequireTensorType(NpyFile.Read(part.Content)))],
            TensorForm.Safetensors => SafetensorsFile.Read(part.Content),
            TensorForm.Json => TensorJson.Read(part.Content, request.Parts, dtype),
            _ => [new TensorInput(null, TensorHeaders.Read(request.Headers, part.Content))],
        }, form);
    }

    private static TensorForm FormOf(ReadOnlySpan<byte> bytes)
    {
        if (NpyFile.Begins(bytes))
            return TensorForm.Npy;
        if (SafetensorsFile.Begins(bytes))
            return TensorForm.Safetensors;
        return JsonPieces.Begins(bytes) ? TensorForm.Json : TensorForm.Raw;
    }

    private static NDArray RequireTensorType(NDArray array) =>
        array.DType.IsTensorType ? array : throw new BadInputException($"the .npy file has {array.DType.TypeName}, which tensors cannot have");

    private static string? KeyOf(IReadOnlyList<TensorInput> inputs)
    {
        if (inputs is [{ Name: null, Array: var only }])
            return CanBeJoined(only) ? only.ToString() : null;
        return inputs.Count > 0 && inputs.All(input => CanBeJoined(input.Array)) ? string.Join(';', inputs.Select(input => $"{input.Name}:{input.Array}")) : null;
    }

    // A number has no first dimension to be put together along, and an empty tensor none to be told apart by.
    private static bool CanBeJoined(NDArray array) => array is { ElementCount: > 0, Shape.Length: > 0 };
}
