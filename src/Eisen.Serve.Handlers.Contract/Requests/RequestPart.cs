namespace Eisen.Serve.Handlers;

/// <summary>A piece of a request: the whole body, or one part of a multipart body.</summary>
/// <param name="Name"><c>body</c> for a whole body, otherwise the part's own name.</param>
/// <param name="ContentType">The media type that the client named, or null.</param>
/// <param name="Content">The bytes as they came.</param>
public sealed record RequestPart(string Name, string? ContentType, ReadOnlyMemory<byte> Content);
