using Eisen.Serve.Data;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Packing;

/// <summary>Whether a module takes and gives what an Eisen model's metadata says.</summary>
internal static class SignatureCheck
{
    public static IEnumerable<string> FindProblems(EisenMetadata metadata, ModuleDescription module)
    {
        int least = module.RequiredCount;
        int most = module.Parameters.Count;
        int given = metadata.ModelInputs.Count;
        string signature = PrintableText.Shortened(module.Signature);
        if (given < least || given > most)
            yield return $"{signature} takes {(least == most ? $"{least}" : $"{least} to {most}")} inputs, but model_input_list in {EisenMetadata.FileName} names {given}: {Names(metadata.ModelInputs)}";
        foreach (ModuleParameter other in module.Parameters.Take(given).Where(parameter => parameter.Type is not ("Tensor" or "Optional[Tensor]" or "Any")))
            yield return $"{signature} wants {PrintableText.Shortened(other.ToString())}; an Eisen model is given tensors";
        if (module.ReturnType == "Tensor" && metadata.ModelOutputs.Count != 1)
            yield return $"{signature} returns one tensor, but model_output_list in {EisenMetadata.FileName} names {metadata.ModelOutputs.Count}: {Names(metadata.ModelOutputs)}";
    }

    private static string Names(IReadOnlyList<string> names) =>
        names.Count == 0 ? "none" : PrintableText.Shortened(string.Join(", ", names.Select(name => $"'{name}'")));
}
