using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>
/// A handler with one array a request. Override <see cref="Decode"/>, <see cref="Encode"/>, or both; what is not overridden does what
/// <c>base_handler</c> does, which takes and gives JSON. Requests of equal dtype and shape that come together are stacked, so that the module sees
/// one more dimension in front, the batch; each answer is made of its row of the output.
/// </summary>
public abstract class ArrayHandler : ModelHandler
{
    private IArrayForms? forms;

    /// <summary>What the server does where nothing is overridden.</summary>
    internal IArrayForms Forms
    {
        get => forms ?? throw new InvalidOperationException("What a handler does not override is the server's, which made no such handler here.");
        set => forms = value;
    }

    /// <summary>Makes one request's array.</summary>
    /// <param name="request">The request. Its memory stays until it is answered, so that an array may lie in it.</param>
    /// <returns>The array, without a dimension for the batch; it is disposed with the request. Unless overridden, nested JSON lists of numbers as
    /// float32.</returns>
    /// <exception cref="BadInputException">The request holds nothing usable.</exception>
    public virtual NDArray Decode(HandlerRequest request) => Forms.Decode(request);

    /// <summary>Makes one request's answer of the module's tensor.</summary>
    /// <param name="output">The request's row of the tensor, without the dimension of the batch. It lies in the module's own memory, which stays
    /// until the answer has been sent.</param>
    /// <param name="request">The request.</param>
    /// <returns>The answer; unless overridden, nested JSON lists.</returns>
    public virtual HandlerAnswer Encode(NDArray output, HandlerRequest request) => Forms.Encode(new TorchValue.Tensor(output));

    /// <summary>Makes one request's answer of all that the module returned.</summary>
    /// <param name="output">What was returned, with the request's row of each tensor. Unless overridden, a tensor goes to <see cref="Encode"/>, and
    /// lists, tuples and dicts become JSON.</param>
    /// <param name="request">The request.</param>
    public virtual HandlerAnswer EncodeAll(TorchValue output, HandlerRequest request) =>
        output is TorchValue.Tensor tensor ? Encode(tensor.Array, request) : Forms.Encode(output);

    /// <summary>An array such as <see cref="Decode"/> makes of the usual request, with which the module is warmed up and optimized before it serves.</summary>
    /// <returns>The array, which is disposed; null when there is none to be had.</returns>
    public virtual NDArray? MakeExample() => null;
}
