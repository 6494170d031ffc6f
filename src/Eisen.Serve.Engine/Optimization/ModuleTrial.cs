using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>A module that is tried: what it answered, and how long its runs take.</summary>
internal sealed class ModuleTrial(IScriptModule module, TimeProvider time) : IDisposable
{
    private readonly List<ForwardResult> results = [];
    private readonly List<double> seconds = [];

    public IScriptModule Module => module;

    /// <summary>What it answered to the runs whose answers were kept, in their order.</summary>
    public IReadOnlyList<TorchValue> Answers => results.ConvertAll(result => result.Value);

    /// <summary>How long its timed runs took, in seconds and in their order.</summary>
    public IReadOnlyList<double> Seconds => seconds;

    public double MedianSeconds
    {
        get
        {
            double[] sorted = [.. seconds.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>Runs the module and keeps the answer.</summary>
    /// <returns>How long it took, in seconds.</returns>
    public double Answer(TorchValue[] inputs)
    {
        (ForwardResult result, double duration) = Run(inputs);
        results.Add(result);
        return duration;
    }

    /// <summary>Runs the module for its duration alone.</summary>
    public void Time(TorchValue[] inputs)
    {
        (ForwardResult result, double duration) = Run(inputs);
        result.Dispose();
        seconds.Add(duration);
    }

    /// <summary>Lets go of the answers. The module is the caller's.</summary>
    public void Dispose() => results.ForEach(result => result.Dispose());

    private (ForwardResult Result, double Seconds) Run(TorchValue[] inputs)
    {
        // A module may write into what it is given, and what it returns may lie there.
        TorchValue[] copies = Array.ConvertAll(inputs, ExampleInputs.Copy);
        try
        {
            long start = time.GetTimestamp();
            ForwardResult result = module.Forward(copies);
            return (result, time.GetElapsedTime(start).TotalSeconds);
        }
        finally
        {
            Array.ForEach(copies, ExampleInputs.Dispose);
        }
    }
}
