namespace Eisen.Serve.Handlers.Envelopes;

/// <summary>Reads <c>{"instances": [...]}</c>. Each instance is a request of its own: an object's members are its parts, anything
/// else is its body. <c>{"b64": "..."}</c>, as an instance or as a member, stands for the bytes.</summary>
internal static class Instances
{
    /// <summary>The most instances of one request.</summary>
    public const int Most = 10_000;

    private const int MostMembers = 1000;

    private static readonly KeyValuePair<string, string>[] JsonAccepted = [new("Accept", TensorForms.Json)];

    /// <exception cref="BadInputException">It is no JSON, or has another form.</exception>
    public static EnvelopedRequest Read(ReadOnlyMemory<byte> body, HandlerRequest request)
    {
        if (JsonPieces.Find(JsonPieces.Members(body, MostMembers), "instances") is not { } instances)
            throw new BadInputException("the body must be {\"instances\": [...]}, as the server's service_envelope is json or kserve");
        return new EnvelopedRequest([.. JsonPieces.Items(instances, Most).Select(instance => Inner(request, PartsOf(instance)))]);
    }

    /// <summary>A request for the handler, with what the whole one has beside its body; a prediction's answer is to be JSON.</summary>
    public static HandlerRequest Inner(HandlerRequest request, IReadOnlyList<RequestPart> parts) =>
        new(parts, new RequestHeaders([.. request.Headers.Fields.Where(field => !IsOfBody(field.Key)), .. request.Kind == RequestKind.Explain ? [] : JsonAccepted])) { Kind = request.Kind, Id = request.Id, Path = request.Path };

    // What the whole body's form, or the form of the whole answer, is no instance's.
    private static bool IsOfBody(string name) =>
        name.Equals("Accept", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Tensor-", StringComparison.OrdinalIgnoreCase);

    private static RequestPart[] PartsOf(ReadOnlyMemory<byte> instance)
    {
        if (JsonPieces.FirstOf(instance.Span) != (byte)'{')
            return [new RequestPart("body", TensorForms.Json, instance)];
        List<(string Name, ReadOnlyMemory<byte> Value)> members = JsonPieces.Members(instance, MostMembers);
        return members is [("b64", var text)] && JsonPieces.Base64(text) is { } bytes
            ? [new RequestPart("body", null, bytes)]
            : [.. members.Select(member => PartOf(member.Name, member.Value))];
    }

    private static RequestPart PartOf(string name, ReadOnlyMemory<byte> value) =>
        JsonPieces.FirstOf(value.Span) == (byte)'{' && JsonPieces.Members(value, MostMembers) is [("b64", var text)] && JsonPieces.Base64(text) is { } bytes
            ? new RequestPart(name, null, bytes)
            : new RequestPart(name, TensorForms.Json, value);
}
