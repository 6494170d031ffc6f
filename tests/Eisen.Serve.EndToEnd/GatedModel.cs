namespace Eisen.Serve.EndToEnd;

/// <summary>A model that is loading until the test lets it go on.</summary>
public sealed class GatedModel
{
    private readonly string gate;

    /// <summary>Packs it into a model store, as <c>gated.mar</c>.</summary>
    public GatedModel(Workplace place)
    {
        gate = Path.Combine(place.Folder, "gate");
        Archives.PackText(
            Path.Combine(place.ModelStore, "gated.mar"),
            """{"runtime": "python", "model": {"modelName": "gated", "handler": "handler.py", "modelVersion": "1.0"}, "archiverVersion": "0.12.0"}""",
            ("handler.py", $$"""
                import os
                import time

                class Handler:
                    def initialize(self, context):
                        while not os.path.exists("{{gate}}"):
                            time.sleep(0.02)

                    def handle(self, data, context):
                        return ["open"] * len(data)
                """));
    }

    /// <summary>Its archive.</summary>
    public string Archive => "gated.mar";

    /// <summary>Lets it become ready.</summary>
    public void Open() => File.WriteAllText(gate, "");
}
