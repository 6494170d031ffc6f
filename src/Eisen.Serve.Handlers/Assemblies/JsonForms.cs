using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers;

/// <summary>What <c>base_handler</c> takes and gives: nested JSON lists of numbers.</summary>
internal sealed class JsonForms : IArrayForms
{
    private const int FirstCapacity = 1024;

    public NDArray Decode(HandlerRequest request) => JsonArrayReader.Read(request.RequiredPayload.Content.Span, DType.Float32);

    public HandlerAnswer Encode(TorchValue output)
    {
        NativeBuffer json = new(FirstCapacity);
        try
        {
            JsonValueWriter.WriteRow(json, OutputRow.AsBatch(output), row: 0, rows: 1);
            return HandlerAnswer.Success(json.Written, memory: json);
        }
        catch
        {
            json.Dispose();
            throw;
        }
    }
}
