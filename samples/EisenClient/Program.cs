// Tells what a model takes, and what it answers to the tables in a JSON file.
//
//     dotnet run --project samples/EisenClient -- http://127.0.0.1:8080/predictions/tabular-risk model_zoo/tabular-risk/sample.json

using System.Text.Json;
using Eisen.Serve.Client;
using Eisen.Serve.Data;

if (args is not [string address, string file] || !Uri.TryCreate(address, UriKind.Absolute, out Uri? endpoint))
{
    Console.Error.WriteLine("EisenClient ADDRESS FILE, for example: EisenClient http://127.0.0.1:8080/predictions/tabular-risk model_zoo/tabular-risk/sample.json");
    return 2;
}

try
{
    using EisenServingClient client = new(endpoint, validateInputs: true);

    EisenMetadata metadata = await client.GetMetadataAsync();
    foreach (EisenField field in metadata.Inputs)
        Console.WriteLine($"takes {field.Name}: {field.Type} [{string.Join(", ", field.Shape)}]");

    using FieldDictionary inputs = new();
    foreach ((string name, float[][] rows) in JsonSerializer.Deserialize<Dictionary<string, float[][]>>(File.ReadAllText(file))!)
    {
        float[] elements = [.. rows.SelectMany(row => row)];
        inputs[name] = inputs.Own(NDArray.Copy<float>(elements, rows.Length, rows[0].Length));
    }

    using FieldDictionary outputs = await client.PredictAsync(inputs);
    foreach ((string name, FieldValue value) in outputs.Fields)
    {
        if (value is FieldValue.Array { Elements: { DType: DType.Float32 } array })
            Console.WriteLine($"{name}: {array} {string.Join(", ", array.AsSpan<float>().ToArray())}");
        else
            Console.WriteLine($"{name}: {value}");
    }

    return 0;
}
catch (EisenServingException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
