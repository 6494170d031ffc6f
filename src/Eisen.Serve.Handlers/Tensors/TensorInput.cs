using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>A tensor with its name.</summary>
/// <param name="Name">The name; null where there is only one tensor, and nothing names it.</param>
/// <param name="Array">The tensor.</param>
internal readonly record struct TensorInput(string? Name, NDArray Array);
