using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>Reads the fields that an Eisen model takes out of a request: a whole body in one of <see cref="FieldForm"/>'s forms, or
/// a multipart body with a part for each field.</summary>
/// <param name="metadata">What the model takes.</param>
internal sealed class FieldRequest(EisenMetadata metadata)
{
    private const int MostNamesTold = 20;

    private readonly Dictionary<string, EisenField> inputs = metadata.Inputs.ToDictionary(field => field.Name, StringComparer.Ordinal);

    /// <summary>Reads a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="form">The form that it has.</param>
    /// <returns>The declared inputs, in the metadata's order. They may lie in the request.</returns>
    /// <exception cref="BadInputException">It cannot be read, or a field is missing or does not fit; the message tells all that
    /// is wrong.</exception>
    public FieldDictionary Read(HandlerRequest request, out FieldForm form)
    {
        FieldDictionary given = ReadAll(request, out form);
        try
        {
            return TakeInputs(given);
        }
        catch
        {
            given.Dispose();
            throw;
        }
    }

    /// <summary>The class that a request for an explanation asks about, in a part or a field called <c>target</c>; null for none, and
    /// for models that have an input of this name.</summary>
    /// <exception cref="BadInputException">It is no number, or the request cannot be read.</exception>
    public int? TargetIn(HandlerRequest request)
    {
        if (inputs.ContainsKey(TargetScore.FieldName))
            return null;
        if (TargetScore.Asked(request) is { } target)
            return target;
        using FieldDictionary given = ReadAll(request, out _);
        if (!given.TryGet(TargetScore.FieldName, out FieldValue? value))
            return null;
        return value is FieldValue.Integer { Number: var number } && number >= 0 && number <= int.MaxValue
            ? (int)number
            : throw new BadInputException($"field '{TargetScore.FieldName}' is a {value.GetType().Name.ToLowerInvariant()}; it takes the number of a class, from 0");
    }

    private FieldDictionary ReadAll(HandlerRequest request, out FieldForm form)
    {
        if (request.Parts.Any(part => part.Name != "body" && inputs.ContainsKey(part.Name)))
        {
            form = FieldForm.MessagePack;
            return ReadParts(request.Parts);
        }

        RequestPart body = request.Payload
            ?? throw new BadInputException($"the request has several parts, and none is called as a field of the model: {Told(inputs.Keys)}");
        form = FieldForms.OfMediaType(body.ContentType) ?? FieldForms.Of(body.Content.Span);
        return ReadBody(body.Content, form);
    }

    private FieldDictionary ReadBody(ReadOnlyMemory<byte> body, FieldForm form)
    {
        try
        {
            return form switch
            {
                FieldForm.Json => JsonFieldReader.Read(body.Span, IsArray),
                FieldForm.Npz => NpzFile.ReadFields(body),
                FieldForm.Npy => Single(new FieldValue.Array(NpyFile.Read(body)), "an .npy file holds"),
                FieldForm.Raw => Single(new FieldValue.Bytes(body), "a NIfTI file is"),
                _ => EisenMessagePack.ReadFields(body),
            };
        }
        catch (DataFormatException mistake)
        {
            throw new BadInputException(form == FieldForm.MessagePack ? $"the body is not a message of Eisen's: {mistake.Message}" : mistake.Message);
        }
    }

    private FieldDictionary ReadParts(IReadOnlyList<RequestPart> parts)
    {
        FieldDictionary fields = new();
        List<string> mistakes = [];
        foreach (RequestPart part in parts)
        {
            if (!inputs.TryGetValue(part.Name, out EisenField? field))
                continue;
            if (fields.TryGet(part.Name, out _))
            {
                mistakes.Add($"there are two parts called {PrintableText.Quoted(part.Name)}");
                continue;
            }

            try
            {
                fields[part.Name] = ReadPart(field, part, fields);
            }
            catch (Exception mistake) when (mistake is DataFormatException or BadInputException)
            {
                mistakes.Add($"field {PrintableText.Quoted(part.Name)}: {mistake.Message}");
            }
        }

        if (mistakes.Count == 0)
            return fields;
        fields.Dispose();
        throw new BadInputException(string.Join("; ", mistakes));
    }

    private static FieldValue ReadPart(EisenField field, RequestPart part, FieldDictionary fields)
    {
        bool isJson = FieldForms.OfMediaType(part.ContentType) == FieldForm.Json || (field.Kind == EisenFieldKind.Array && FieldForms.LooksLikeJson(part.Content.Span));
        switch (field.Kind)
        {
            case EisenFieldKind.Text when !isJson:
                return System.Text.Unicode.Utf8.IsValid(part.Content.Span)
                    ? new FieldValue.Text(Encoding.UTF8.GetString(part.Content.Span))
                    : throw new BadInputException("the text is not UTF-8");
            case EisenFieldKind.Array when NpyFile.Begins(part.Content.Span):
                return new FieldValue.Array(NpyFile.Read(part.Content));
            case EisenFieldKind.Array when !isJson:
                return new FieldValue.Bytes(part.Content);
            default:
                return JsonFieldReader.ReadOne(part.Content.Span, field.Kind == EisenFieldKind.Array, fields);
        }
    }

    private FieldDictionary Single(FieldValue value, string what)
    {
        string[] arrays = [.. metadata.Inputs.Where(field => field.Kind == EisenFieldKind.Array).Select(field => field.Name)];
        if (arrays.Length != 1)
            throw new BadInputException($"{what} one field, but the model takes {arrays.Length} arrays: {Told(arrays)}; send a multipart body with a part for each");
        return new FieldDictionary { [arrays[0]] = value };
    }

    private FieldDictionary TakeInputs(FieldDictionary given)
    {
        FieldDictionary fields = new();
        List<string> mistakes = [];
        foreach (EisenField field in metadata.Inputs)
        {
            if (!given.TryGet(field.Name, out FieldValue? value))
            {
                mistakes.Add($"field {PrintableText.Quoted(field.Name)} is missing; it must be {field.Expectation}, but {(given.Names.Count == 0 ? "nothing" : Told(given.Names))} was given");
                continue;
            }

            try
            {
                if (field.Kind == EisenFieldKind.Array && value is FieldValue.List)
                    value = new FieldValue.Array(NumberLists.ToArray(value));
                if (field.MistakeIn(value) is { } mistake)
                    mistakes.Add(mistake);
                fields[field.Name] = value;
            }
            catch (BadInputException mistake)
            {
                mistakes.Add($"field {PrintableText.Quoted(field.Name)} {mistake.Message}");
            }
        }

        if (mistakes.Count > 0)
            throw new BadInputException(string.Join("; ", mistakes.Take(MostNamesTold)));
        fields.Own(given);
        return fields;
    }

    private bool IsArray(string name) => inputs.TryGetValue(name, out EisenField? field) && field.Kind == EisenFieldKind.Array;

    private static string Told(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(MostNamesTold).Select(PrintableText.Quoted)) + (names.Count > MostNamesTold ? $" and {names.Count - MostNamesTold} more" : "");
}
