using System.Text.Json.Serialization;
using Eisen.Serve.Benchmarks.Limits;
using Eisen.Serve.Benchmarks.Load;

namespace Eisen.Serve.Benchmarks;

/// <summary>What passes between the processes, a line each.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(LoadJob))]
[JsonSerializable(typeof(LoadResult))]
[JsonSerializable(typeof(ComputeSetup))]
[JsonSerializable(typeof(ComputeJob))]
[JsonSerializable(typeof(ComputeResult))]
[JsonSerializable(typeof(int))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
