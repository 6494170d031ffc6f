using System.Text;
using Google.Protobuf;

namespace Eisen.Serve.EndToEnd.Tracing;

/// <summary>A message in protobuf's wire format, read without its schema: numbered fields, each with its values in order.</summary>
public sealed class ProtobufMessage
{
    private readonly ILookup<int, object> fields;

    public ProtobufMessage(ByteString bytes) => fields = Read(bytes.CreateCodedInput()).ToLookup(field => field.Number, field => field.Value);

    public IEnumerable<ProtobufMessage> Messages(int number) => fields[number].Select(value => new ProtobufMessage((ByteString)value));

    /// <summary>The single message of a field; an empty one when it is left out.</summary>
    public ProtobufMessage Message(int number) => new((ByteString)(fields[number].SingleOrDefault() ?? ByteString.Empty));

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number));

    /// <summary>A number of any type, as its bits; 0 when it is left out.</summary>
    public ulong Number(int number) => (ulong)(fields[number].SingleOrDefault() ?? 0UL);

    public bool Has(int number) => fields.Contains(number);

    private byte[] Bytes(int number) => ((ByteString)(fields[number].SingleOrDefault() ?? ByteString.Empty)).ToByteArray();

    private static IEnumerable<(int Number, object Value)> Read(CodedInputStream input)
    {
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            yield return (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes(),
                WireFormat.WireType other => throw new InvalidDataException($"OTLP has no fields of the wire type {other}."),
            });
        }
    }
}
