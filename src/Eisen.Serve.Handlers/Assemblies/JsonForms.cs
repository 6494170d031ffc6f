using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What <c>base_handler</c> takes and gives: nested JSON lists of numbers.</summary>
internal sealed class JsonForms : IArrayForms
{
    public NDArray Decode(HandlerRequest request) => JsonArrayReader.Read(request.RequiredPayload.Content.Span, DType.Float32);

    public HandlerAnswer Encode(TorchValue output) =>
        WrittenAnswer.Make(OutputRow.AsBatch(output), static (json, batch) => JsonValueWriter.WriteRow(json, batch, row: 0, rows: 1));
}
