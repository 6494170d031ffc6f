using Eisen.Serve.Data;

namespace Eisen.Serve.Client;

/// <summary>Compares inputs with what a model's metadata asks for: the number of inputs, each one's kind, an array's rank,
/// and the sizes that are not -1.</summary>
internal static class InputValidation
{
    /// <exception cref="EisenInputException">Something is wrong; it has all of it.</exception>
    public static void Require(EisenMetadata metadata, FieldDictionary inputs)
    {
        List<string> problems = [];
        foreach (EisenField field in metadata.Inputs)
        {
            string? problem = inputs.TryGet(field.Name, out FieldValue? value)
                ? field.MistakeIn(value)
                : $"field {PrintableText.Quoted(field.Name)} is missing; it must be {field.Expectation}";
            if (problem is not null)
                problems.Add(problem);
        }

        HashSet<string> known = [.. metadata.Inputs.Select(field => field.Name)];
        foreach (string name in inputs.Names.Where(name => !known.Contains(name)))
            problems.Add($"field {PrintableText.Quoted(name)} is not one of the model's {known.Count} inputs");
        if (problems.Count > 0)
            throw new EisenInputException(problems);
    }
}
