using System.Buffers;
using System.Text;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Tests.Eisen;

/// <summary>An unpacked Eisen archive, and its handler.</summary>
internal sealed class EisenFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <param name="inputs">The inputs: <c>x:-1,3</c> for an array, <c>id:str</c> for another type.</param>
    /// <param name="outputs">The outputs, likewise.</param>
    /// <param name="modelInputs">The module's arguments; all inputs when left out.</param>
    /// <param name="modelOutputs">What it returns; all outputs when left out.</param>
    /// <param name="before">The transforms before the model, as JSON, or a fixture module; none when left out.</param>
    /// <param name="after">The transforms after it, likewise.</param>
    public EisenFolder(string[] inputs, string[] outputs, string[]? modelInputs = null, string[]? modelOutputs = null, string? before = null, string? after = null)
    {
        EisenMetadata metadata = EisenMetadata.Create(
            [.. inputs.Select(NameOf)], [.. inputs.Select(TypeOf)], [.. inputs.Select(ShapeOf)], [.. outputs.Select(NameOf)], [.. outputs.Select(TypeOf)], [.. outputs.Select(ShapeOf)], modelInputs, modelOutputs);
        folder.With("metadata.json", metadata.ToJson());
        Add("pre_process", before);
        Add("post_process", after);
    }

    public string Path => folder.Path;

    public IModelHandler MakeHandler() => BuiltInHandlers.Create("eisen", Modules.Context(folder: Path));

    /// <summary>Asks the handler with a fixture module.</summary>
    public HandlerAnswer[] Ask(string module, params HandlerRequest[] requests)
    {
        using IScriptModule model = Modules.LoadFixture(module);
        return Ask(model, requests);
    }

    public HandlerAnswer[] Ask(IScriptModule model, params HandlerRequest[] requests)
    {
        IModelHandler handler = MakeHandler();
        IScriptModule[] further = [.. handler.FurtherModules.Select(file => Modules.Load(System.IO.Path.Combine(Path, file)))];
        try
        {
            return [.. handler.Handle(requests, model, further, CancellationToken.None)];
        }
        finally
        {
            Array.ForEach(further, module => module.Dispose());
        }
    }

    public static HandlerRequest Message(params (string Name, FieldValue Value)[] fields)
    {
        ArrayBufferWriter<byte> message = new();
        EisenMessagePack.Write(message, new FieldValue.Map([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]));
        return Modules.Request(message.WrittenSpan.ToArray());
    }

    public static HandlerRequest Json(string body, string? accept = null) => new(
        [new RequestPart("body", "application/json; charset=utf-8", Encoding.UTF8.GetBytes(body))],
        new RequestHeaders(accept is null ? [] : [new("accept", accept)]));

    public static FieldValue Floats(long[] shape, params float[] numbers) => new FieldValue.Array(NDArray.Copy<float>(numbers, shape));

    /// <summary>The fields of an answer that must be one, as JSON.</summary>
    public static string Fields(HandlerAnswer answer)
    {
        answer.Error.ShouldBe(PredictionError.None, answer.Message);
        using FieldDictionary fields = EisenMessagePack.ReadFields(answer.Content);
        return JsonFieldWriter.ToText(new FieldValue.Map(fields.Fields));
    }

    public void Dispose() => folder.Dispose();

    private static string NameOf(string field) => field.Split(':')[0];

    private static string TypeOf(string field) => field.Split(':')[1] is "str" or "list" or "json" ? field.Split(':')[1] : "ndarray";

    private static long[] ShapeOf(string field) => TypeOf(field) != "ndarray" ? [-1] : [.. field.Split(':')[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];

    private void Add(string name, string? processing)
    {
        if (processing is null)
            return;
        if (processing.StartsWith('['))
            folder.With($"{name}.json", processing);
        else
            File.Copy(Fixtures.PathOf($"modules/{processing}.pt"), System.IO.Path.Combine(Path, $"{name}.pt"));
    }
}
