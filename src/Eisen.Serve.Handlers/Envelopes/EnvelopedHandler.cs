using System.Text.Json;
using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers.Envelopes;

/// <summary>
/// Stands before a built-in handler where the server's <c>service_envelope</c> is set: it takes requests out of their envelope, and
/// wraps the answers, as TorchServe's envelopes do. The instances of a batch's requests go to the handler together, so many at a
/// time; a request one of whose instances fails, fails.
/// </summary>
/// <param name="handler">The handler; an answer that is no JSON fails its request.</param>
/// <param name="kind">Json, KServe or KServeV2.</param>
/// <param name="context">The archive.</param>
internal sealed class EnvelopedHandler(IModelHandler handler, EnvelopeKind kind, HandlerContext context) : IModelHandler
{
    private const int FirstCapacity = 1024;
    private const int SliceSize = 32;

    public IReadOnlyList<string> FurtherModules => handler.FurtherModules;

    public bool ExamplesAreGuessed => handler.ExamplesAreGuessed;

    public TorchValue[]? ExampleInputs(int batchSize) => handler.ExampleInputs(batchSize);

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken) =>
        Handle(batch, module, [], cancellationToken);

    public IReadOnlyList<HandlerAnswer> Handle(
        IReadOnlyList<HandlerRequest> batch, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        EnvelopedRequest?[] opened = new EnvelopedRequest?[batch.Count];
        List<HandlerRequest> instances = [];
        List<HandlerAnswer> given = [];
        try
        {
            for (int i = 0; i < batch.Count; i++)
            {
                opened[i] = Open(batch[i], out answers[i]);
                instances.AddRange(opened[i]?.Instances ?? []);
            }

            foreach (HandlerRequest[] slice in instances.Chunk(SliceSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                given.AddRange(handler.Handle(slice, module, furtherModules, cancellationToken));
                Array.ForEach(slice, instance => instance.Dispose());
            }

            int next = 0;
            for (int i = 0; i < batch.Count; i++)
            {
                if (opened[i] is not { } request)
                    continue;
                answers[i] = Close(request, batch[i], [.. given.Skip(next).Take(request.Instances.Count)]);
                next += request.Instances.Count;
            }

            return answers;
        }
        finally
        {
            instances.ForEach(instance => instance.Dispose());
            given.ForEach(answer => answer.Dispose());
        }
    }

    public HandlerAnswer? Explain(HandlerRequest request, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken)
    {
        if (Open(request, out HandlerAnswer refusal) is not { } opened)
            return refusal;
        List<HandlerAnswer> given = [];
        try
        {
            foreach (HandlerRequest instance in opened.Instances)
            {
                if (handler.Explain(instance, module, furtherModules, cancellationToken) is not { } answer)
                    return null;
                given.Add(answer);
            }

            return Close(opened, request, [.. given]);
        }
        finally
        {
            foreach (HandlerRequest instance in opened.Instances)
                instance.Dispose();
            given.ForEach(answer => answer.Dispose());
        }
    }

    private EnvelopedRequest? Open(HandlerRequest request, out HandlerAnswer refusal)
    {
        refusal = null!;
        try
        {
            ReadOnlyMemory<byte> body = StackingHandler.PayloadOf(request).Content;
            EnvelopedRequest opened = kind == EnvelopeKind.KServeV2 ? KServeV2Inputs.Read(body, request) : Instances.Read(body, request);
            return opened.Instances.Count > 0 ? opened : throw new BadInputException("the request has no instances");
        }
        catch (BadInputException mistake)
        {
            refusal = HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
            return null;
        }
    }

    private HandlerAnswer Close(EnvelopedRequest opened, HandlerRequest request, HandlerAnswer[] answers)
    {
        if (Array.Find(answers, answer => answer.Error != PredictionError.None) is { } failed)
            return HandlerAnswer.Failure(failed.Error, failed.Message, failed.Status, failed.Device);
        NativeBuffer json = new(FirstCapacity);
        try
        {
            if (kind == EnvelopeKind.Json)
                WriteOnOneLine(json, answers);
            else
                Write(json, opened, request, answers);
            return HandlerAnswer.Success(json.Written, memory: json);
        }
        catch (Exception failure)
        {
            json.Dispose();
            if (failure is UnusableOutputException)
                return HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
            // The latter for texts that are not valid Unicode.
            if (failure is JsonException or InvalidOperationException)
                return HandlerAnswer.Failure(PredictionError.ModelFailed, "The handler's answer to an instance is not JSON, which the server's service_envelope needs.");
            throw;
        }
    }

    private static void WriteOnOneLine(NativeBuffer json, HandlerAnswer[] answers)
    {
        Append(json, "{\"predictions\": ["u8);
        for (int i = 0; i < answers.Length; i++)
        {
            if (i > 0)
                Append(json, ", "u8);
            PythonJson.AppendOnOneLine(json, answers[i].Content.Span);
        }

        Append(json, "]}"u8);
    }

    private void Write(NativeBuffer output, EnvelopedRequest opened, HandlerRequest request, HandlerAnswer[] answers)
    {
        using Utf8JsonWriter json = JsonValueWriter.Create(output);
        json.WriteStartObject();
        if (kind == EnvelopeKind.KServeV2)
        {
            json.WriteString("id", opened.Id ?? request.Id);
            json.WriteString("model_name", context.ModelName);
            json.WriteString("model_version", context.ModelVersion);
            json.WriteStartArray("outputs");
            for (int i = 0; i < answers.Length; i++)
                KServeV2Outputs.Write(json, opened.Names![i], answers[i].Content);
        }
        else
        {
            json.WriteStartArray(request.Kind == RequestKind.Explain ? "explanations" : "predictions");
            foreach (HandlerAnswer answer in answers)
                PythonJson.Write(json, answer.Content.Span, isItem: true);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Append(NativeBuffer json, ReadOnlySpan<byte> text)
    {
        text.CopyTo(json.GetSpan(text.Length));
        json.Advance(text.Length);
    }
}
