using Eisen.Serve.Benchmarks.Load;

namespace Eisen.Serve.Benchmarks.Limits;

/// <summary>What a bare loop runs.</summary>
internal sealed record ComputeSetup
{
    /// <summary>The TorchScript module's file.</summary>
    public required string Module { get; init; }

    /// <summary>What is decoded for each sample, and the right answer.</summary>
    public required Question Question { get; init; }

    /// <summary>The shape of the sample that the body holds as float32, its batch dimension first; null when the body is a picture.</summary>
    public long[]? TensorShape { get; init; }

    /// <summary>The class that is to be the likeliest for the picture.</summary>
    public int BestClass { get; init; }

    /// <summary>Threads that run the module at the same time.</summary>
    public required int Lanes { get; init; }

    /// <summary>Threads that an operator may use in each.</summary>
    public required int IntraOpThreads { get; init; }
}
