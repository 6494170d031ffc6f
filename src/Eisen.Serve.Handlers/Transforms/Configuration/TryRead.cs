using System.Text.Json;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Reads a value from JSON; false when it is not there.</summary>
internal delegate bool TryRead<T>(JsonElement json, out T value);
