using System.CommandLine;

namespace Eisen.Serve.Packing;

/// <summary>The options of <c>create-metadata</c>: the parameters of Eisen-Deploy's <c>create_metadata</c>.</summary>
internal static class MetadataCommandLine
{
    public static Command Create()
    {
        Option<string[]> inputNames = Several("--input-name-list", "The names of the inputs.", "NAME");
        Option<string[]> inputTypes = Several("--input-type-list", "Their types: ndarray, str, list or json.", "TYPE");
        Option<string[]> inputShapes = Several("--input-shape-list", "Their shapes, such as '[-1,1,64,64]'; -1 for any size.", "SHAPE");
        Option<string[]> outputNames = Several("--output-name-list", "The names of the outputs.", "NAME");
        Option<string[]> outputTypes = Several("--output-type-list", "Their types.", "TYPE");
        Option<string[]> outputShapes = Several("--output-shape-list", "Their shapes.", "SHAPE");
        Option<string[]> modelInputs = Several("--model-input-list", "The fields that the module takes, in its order; all inputs when left out.", "NAME");
        Option<string[]> modelOutputs = Several("--model-output-list", "The fields that the module gives, in its order; all outputs when left out.", "NAME");
        Option<string> custom = new("--custom-meta-dict") { Description = "More to tell clients: a JSON object.", HelpName = "JSON" };

        Command command = new("create-metadata", "Print the metadata.json of an Eisen model.")
        {
            inputNames, inputTypes, inputShapes, outputNames, outputTypes, outputShapes, modelInputs, modelOutputs, custom,
        };
        command.SetAction(result => MetadataCommand.Run(
            new MetadataOptions
            {
                Inputs = new(result.GetValue(inputNames) ?? [], result.GetValue(inputTypes) ?? [], result.GetValue(inputShapes) ?? []),
                Outputs = new(result.GetValue(outputNames) ?? [], result.GetValue(outputTypes) ?? [], result.GetValue(outputShapes) ?? []),
                ModelInputs = result.GetResult(modelInputs) is null ? null : result.GetValue(modelInputs),
                ModelOutputs = result.GetResult(modelOutputs) is null ? null : result.GetValue(modelOutputs),
                Custom = result.GetValue(custom),
            },
            result.InvocationConfiguration.Output));
        return command;
    }

    private static Option<string[]> Several(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };
}
