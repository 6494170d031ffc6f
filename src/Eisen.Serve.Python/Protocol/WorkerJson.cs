using System.Text.Json.Serialization;

namespace Eisen.Serve.Python;

/// <summary>The heads of the frames, with a serializer that is made when the program is built.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LoadHead))]
[JsonSerializable(typeof(GoneHead))]
[JsonSerializable(typeof(RoomHead))]
[JsonSerializable(typeof(ReadyHead))]
[JsonSerializable(typeof(ForkedHead))]
[JsonSerializable(typeof(FailedHead))]
[JsonSerializable(typeof(DoneHead))]
[JsonSerializable(typeof(WorkerAnswer))]
internal sealed partial class WorkerJson : JsonSerializerContext;
