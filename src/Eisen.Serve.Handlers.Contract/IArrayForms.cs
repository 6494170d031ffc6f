using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What requests and answers look like where a handler does not say.</summary>
internal interface IArrayForms
{
    /// <exception cref="BadInputException">The request holds nothing usable.</exception>
    NDArray Decode(HandlerRequest request);

    HandlerAnswer Encode(TorchValue output);
}
