using System.IO.Compression;

namespace Eisen.Serve.EndToEnd.Clients;

/// <summary>Makes archives for the eisen handler.</summary>
public static class EisenArchives
{
    /// <summary>Metadata of a model that takes the array x and gives the array y, both of any one dimension.</summary>
    public const string OneToOne =
        """{"inputs": [{"name": "x", "type": "ndarray", "shape": [-1]}], "outputs": [{"name": "y", "type": "ndarray", "shape": [-1]}]}""";

    /// <summary>Packs a module and more files into the model store.</summary>
    /// <returns>The archive's name.</returns>
    public static string PackEisen(this Workplace place, string model, string module, params (string Name, string Text)[] files)
    {
        string path = Path.Combine(place.ModelStore, $"{model}.mar");
        Archives.PackText(
            path, $$"""{"runtime": "python", "model": {"modelName": "{{model}}", "serializedFile": "model.pt", "handler": "eisen", "modelVersion": "1.0"} }""", files);
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update);
        zip.CreateEntryFromFile(module, "model.pt");
        return $"{model}.mar";
    }
}
