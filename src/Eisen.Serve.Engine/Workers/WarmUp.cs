using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>Runs a module on the examples that its handler gives, as each worker does before it is ready.</summary>
public static class WarmUp
{
    // TorchScript profiles the first runs, compiles the next, and then runs what it compiled.
    private const int Runs = 3;

    // Above it a start would take long, and only so many requests ever come at the same moment.
    private const int LargestBatch = 32;

    /// <summary>1, 2, 4 and so on up to the batch size: libtorch and oneDNN prepare themselves for sizes, and the ones
    /// between are near enough.</summary>
    public static IEnumerable<int> Sizes(int batchSize)
    {
        int largest = Math.Min(batchSize, LargestBatch);
        for (int size = 1; size < largest; size *= 2)
            yield return size;
        yield return largest;
    }

    /// <summary>Runs a batch of one size.</summary>
    /// <returns>Whether the module answered; false when there is no example, or a guessed one did not fit.</returns>
    /// <exception cref="TorchException">The module fails on what the handler will give it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled between two runs.</exception>
    public static bool Run(IModelHandler handler, IScriptModule module, int batchSize, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(module);
        if (handler.ExampleInputs(batchSize) is not { } inputs)
            return false;
        try
        {
            for (int run = 0; run < Runs; run++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                module.Forward(inputs).Dispose();
            }

            return true;
        }
        catch (TorchException) when (handler.ExamplesAreGuessed)
        {
            // Real inputs are of another size: the first of them warm it up.
            return false;
        }
        finally
        {
            Array.ForEach(inputs, ExampleInputs.Dispose);
        }
    }
}
