using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Handlers;

/// <summary>
/// Eisen's models: a dictionary of fields in, pre-processing, the model on some of the fields, post-processing, and the
/// dictionary out. <c>metadata.json</c> in the archive says which fields. An empty body asks for that metadata.
/// </summary>
internal sealed class EisenHandler : IModelHandler
{
    private static readonly AnswerStatus MissingOutput = new(503);

    private readonly EisenArchive archive;
    private readonly EisenMetadata metadata;
    private readonly FieldRequest reader;
    private readonly EisenExplanation explanation;
    private readonly bool canJoin;

    public EisenHandler(HandlerContext context)
    {
        archive = EisenArchive.Read(context.Folder);
        metadata = archive.Metadata;
        explanation = ReadExplanation(new HandlerParameters(context), metadata);
        reader = new FieldRequest(metadata);
        // Only a first dimension of any size is surely the batch.
        canJoin = metadata.Inputs.Concat(metadata.Outputs).Where(field => field.Kind == EisenFieldKind.Array).All(field => field.Shape is [-1, ..]);
        FurtherModules = [.. new[] { archive.PreProcessing.ModuleFile, archive.PostProcessing.ModuleFile }.OfType<string>()];
    }

    public IReadOnlyList<string> FurtherModules { get; }

    public bool ExamplesAreGuessed => true;

    public TorchValue[]? ExampleInputs(int batchSize) => batchSize > 1 && !canJoin ? null : EisenExamples.Make(archive, batchSize);

    public object? BatchKey(HandlerRequest request)
    {
        if (IsEmpty(request) || !canJoin)
            return request;
        PreparedRequest prepared = PreparedOf(request);
        if (prepared.Mistake is not null)
            return request;
        if (prepared.Inputs is { } inputs)
            return KeyOf(inputs) ?? (object)request;
        // Pre-processing needs a worker; requests that are alike before it are likely to be so after it.
        return string.Join(';', prepared.Fields.Fields.Select(field => field.Value is FieldValue.Array { Elements: { Shape: [_, .. var tail], DType: var dtype } } ? $"{dtype}{string.Join(',', tail.ToArray())}" : ""));
    }

    public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, IScriptModule module, CancellationToken cancellationToken) =>
        Handle(batch, module, [], cancellationToken);

    public IReadOnlyList<HandlerAnswer> Handle(
        IReadOnlyList<HandlerRequest> batch, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken)
    {
        HandlerAnswer[] answers = new HandlerAnswer[batch.Count];
        try
        {
            Handle(batch, new EisenModules(module, archive, furtherModules), answers, cancellationToken);
            return answers;
        }
        catch
        {
            foreach (HandlerAnswer? answer in answers)
                answer?.Dispose();
            throw;
        }
    }

    public HandlerAnswer? Explain(HandlerRequest request, IScriptModule module, IReadOnlyList<IScriptModule> furtherModules, CancellationToken cancellationToken)
    {
        if (IsEmpty(request))
            throw new BadInputException("the request has no body; send what a prediction takes");
        HandlerAnswer? answer = null;
        return Refusal(() =>
        {
            int? target = reader.TargetIn(request);
            Prepare(request, new EisenModules(module, archive, furtherModules));
            PreparedRequest prepared = PreparedOf(request);
            (NDArray Array, int Axes)[] explained = explanation.Explain(prepared.Inputs!, canJoin && KeyOf(prepared.Inputs!) is not null, target, module, cancellationToken);
            using FieldDictionary fields = new();
            for (int i = 0; i < explained.Length; i++)
                fields[metadata.ModelInputs[i]] = new FieldValue.Array(fields.Own(explained[i].Array));
            answer = HeatMap.IsWanted(request.Headers["Accept"]) ? EisenExplanation.Draw(prepared.Inputs![0], explained[0].Array, explained[0].Axes) : InFormFor(request, prepared, fields);
        }) ?? answer;
    }

    private static EisenExplanation ReadExplanation(HandlerParameters parameters, EisenMetadata metadata)
    {
        OcclusionOptions options = OcclusionOptions.Read(parameters);
        string[] outputs = [.. metadata.ModelOutputs];
        string output = parameters.GetText("explain_output", outputs.FirstOrDefault(""), $"one of the model's outputs, {string.Join(", ", outputs)}", outputs.Contains);
        parameters.RequireCorrect();
        return new EisenExplanation(metadata, options, Math.Max(Array.IndexOf(outputs, output), 0));
    }

    private void Handle(IReadOnlyList<HandlerRequest> batch, EisenModules modules, HandlerAnswer[] answers, CancellationToken cancellationToken)
    {
        List<int> ready = [];
        for (int i = 0; i < batch.Count; i++)
        {
            if (IsEmpty(batch[i]))
                answers[i] = HandlerAnswer.Success(archive.MetadataJson, FieldForms.JsonMediaType);
            else if (Refusal(() => Prepare(batch[i], modules)) is { } refusal)
                answers[i] = refusal;
            else
                ready.Add(i);
        }

        foreach (IGrouping<object, int> alike in ready.GroupBy(i => canJoin ? KeyOf(PreparedOf(batch[i]).Inputs!) ?? (object)i : i))
            RunAlike(batch, [.. alike], modules, answers, cancellationToken);
    }

    private static bool IsEmpty(HandlerRequest request) => request.Parts.All(part => part.Content.IsEmpty && part.Name is "body" or "data");

    private PreparedRequest PreparedOf(HandlerRequest request)
    {
        if (request.Decoded is PreparedRequest there)
            return there;
        PreparedRequest prepared = Decode(request);
        request.Decoded = prepared;
        if (prepared.Mistake is not null || archive.PreProcessing.ModuleFile is not null)
            return prepared;
        try
        {
            PreProcess(prepared, null);
        }
        catch (BadInputException mistake)
        {
            prepared.Fail(mistake.Message);
        }

        return prepared;
    }

    private PreparedRequest Decode(HandlerRequest request)
    {
        FieldForm form = FieldForm.MessagePack;
        try
        {
            return new PreparedRequest(reader.Read(request, out form), form, null);
        }
        catch (BadInputException mistake)
        {
            return new PreparedRequest(null, form, mistake.Message);
        }
    }

    private void Prepare(HandlerRequest request, EisenModules modules)
    {
        PreparedRequest prepared = PreparedOf(request);
        if (prepared.Mistake is { } mistake)
            throw new BadInputException(mistake);
        if (prepared.Inputs is null)
            PreProcess(prepared, modules.Before);
    }

    private void PreProcess(PreparedRequest prepared, IScriptModule? module)
    {
        if (module is not null)
            ScriptedProcessing.Apply(module, archive.PreProcessing.ModuleFile!, prepared.Fields);
        else
            archive.PreProcessing.Apply(prepared.Fields);
        prepared.Inputs = [.. metadata.ModelInputs.Select(name => InputOf(prepared.Fields, name))];
    }

    private static NDArray InputOf(FieldDictionary fields, string name)
    {
        if (!fields.TryGet(name, out FieldValue? value))
            throw new BadInputException($"after pre-processing there is no field {PrintableText.Quoted(name)}, which the model takes");
        if (value is not FieldValue.Array && value is not FieldValue.List)
            throw new BadInputException($"field {PrintableText.Quoted(name)} is no array after pre-processing, but the model takes one");
        NDArray array = value is FieldValue.Array given ? given.Elements : NumberLists.ToArray(value);
        return NDArray.Fits(DType.Float32, array.Shape)
            ? array
            : throw new BadInputException($"field {PrintableText.Quoted(name)} is {array}, which takes more than 2 GiB as float32");
    }

    private string? KeyOf(NDArray[] inputs)
    {
        // Where pre-processing gave an array another rank, its first dimension may not be the batch any more.
        bool keepRank = metadata.ModelInputs.Zip(inputs).All(pair =>
            metadata.Inputs.FirstOrDefault(field => field.Name == pair.First) is { Kind: EisenFieldKind.Array } field && field.Shape.Count == pair.Second.Shape.Length);
        return keepRank ? EisenBatch.KeyOf(inputs) : null;
    }

    private void RunAlike(IReadOnlyList<HandlerRequest> batch, int[] indices, EisenModules modules, HandlerAnswer[] answers, CancellationToken cancellationToken)
    {
        PreparedRequest[] requests = [.. indices.Select(index => PreparedOf(batch[index]))];
        if (requests.Length > 1 && EisenBatch.Fits(requests) && TryRun(requests, indices, batch, modules, answers, cancellationToken))
            return;
        foreach (int index in indices)
            TryRun([PreparedOf(batch[index])], [index], batch, modules, answers, cancellationToken);
    }

    /// <returns>False when the outputs cannot be split; then there are no answers.</returns>
    private bool TryRun(PreparedRequest[] requests, int[] indices, IReadOnlyList<HandlerRequest> batch, EisenModules modules, HandlerAnswer[] answers, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool canSplit = true;
        HandlerAnswer? failure = Refusal(() =>
        {
            using EisenBatch joined = new(requests);
            using ForwardResult result = modules.Model.Forward(joined.Arguments);
            NDArray[] outputs = EisenOutputs.Read(result.Value, metadata.ModelOutputs);
            canSplit = outputs.All(joined.CanSplit);
            for (int i = 0; canSplit && i < requests.Length; i++)
            {
                int index = i;
                answers[indices[index]] = Refusal(() => answers[indices[index]] = Answer(requests[index], joined, index, outputs, modules, batch[indices[index]])) ?? answers[indices[index]];
            }
        });
        if (failure is not null)
            Array.ForEach(indices, index => answers[index] = failure);
        return canSplit;
    }

    /// <summary>Does something for one request, or for some.</summary>
    /// <returns>Their answer when it cannot be done; null when it has been.</returns>
    private static HandlerAnswer? Refusal(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (BadInputException mistake)
        {
            return HandlerAnswer.Failure(PredictionError.BadInput, mistake.Message);
        }
        catch (UnusableOutputException failure)
        {
            return HandlerAnswer.Failure(PredictionError.ModelFailed, failure.Message);
        }
        catch (TorchException failure)
        {
            return HandlerAnswer.Failure(failure.OutOfMemory ? PredictionError.OutOfMemory : PredictionError.ModelFailed, failure.Message, device: failure.Exhausted?.ToString());
        }
    }

    private HandlerAnswer Answer(PreparedRequest prepared, EisenBatch joined, int index, NDArray[] outputs, EisenModules modules, HandlerRequest request)
    {
        using FieldDictionary fields = new();
        for (int i = 0; i < outputs.Length; i++)
            fields[metadata.ModelOutputs[i]] = new FieldValue.Array(joined.RowsOf(outputs[i], index));
        // What pre-processing left takes the place of an output of the same name.
        foreach ((string name, FieldValue value) in prepared.Fields.Fields)
            fields[name] = value;
        foreach ((string name, VolumeSpace space) in prepared.Fields.Spaces)
            fields.Spaces[name] = space;
        for (int i = 0; i < metadata.ModelInputs.Count; i++)
            fields[metadata.ModelInputs[i]] = new FieldValue.Array(joined.InputOf(i, index));

        if (modules.After is { } module)
            ScriptedProcessing.Apply(module, archive.PostProcessing.ModuleFile!, fields);
        else
            archive.PostProcessing.Apply(fields);

        string[] missing = [.. metadata.Outputs.Select(field => field.Name).Where(name => !fields.TryGet(name, out _))];
        if (missing.Length > 0)
        {
            // The client may know the metadata, so that it may know this, too.
            string message = $"After post-processing there is no field {string.Join(", ", missing.Select(PrintableText.Quoted))}, which the metadata names among the outputs.";
            return HandlerAnswer.Failure(PredictionError.HandlerRefused, message, MissingOutput);
        }

        foreach (string name in metadata.ModelInputs.Where(name => metadata.Outputs.All(field => field.Name != name)))
            fields.Remove(name);

        return InFormFor(request, prepared, fields);
    }

    private static HandlerAnswer InFormFor(HandlerRequest request, PreparedRequest prepared, FieldDictionary fields)
    {
        FieldForm? accepted = FieldForms.Accepted(request.Headers["Accept"]);
        FieldForm form = accepted ?? (prepared.Form is FieldForm.Json or FieldForm.Npz ? prepared.Form : prepared.Form == FieldForm.Npy ? FieldForm.Npz : FieldForm.MessagePack);
        bool isAsked = accepted is not null || form != FieldForm.MessagePack || FieldForms.OfMediaType(request.Payload?.ContentType) is not null;
        return FieldAnswer.Make(fields, form, isAsked);
    }
}
