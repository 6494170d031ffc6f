using System.Buffers;

namespace Eisen.Serve.Data.Tests.MessagePack;

/// <summary>Eisen's wire format against what the original wrote.</summary>
public class EisenMessagePackTests
{
    public static TheoryData<string> Cases => [.. WireCase.All.Select(wire => wire.Name)];

    [Fact]
    public void Cases_Recorded_AreThere() => WireCase.All.Count.ShouldBe(15);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_WhatTheOriginalWrote_IsTheValue(string name)
    {
        WireCase wire = WireCase.All.Single(item => item.Name == name);
        string expected = ValueText.Of(wire.Value);
        // The recording shows this one with a dimension that the message has not.
        if (name == "scalar_array")
            expected = expected.Replace("float32[1]", "float32[]", StringComparison.Ordinal);

        using FieldDictionary fields = EisenMessagePack.ReadFields(wire.Message);

        ValueText.Of(fields).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Write_EachRecordedValue_IsTheOriginalsBytes(string name)
    {
        WireCase wire = WireCase.All.Single(item => item.Name == name);
        FieldValue value = name == "scalar_array" ? EisenMessagePack.Read(wire.Message) : wire.Value;
        ArrayBufferWriter<byte> output = new();

        EisenMessagePack.Write(output, value);

        // Arrays are written in this machine's byte order, whichever they came in.
        byte[] expected = name == "big_endian" ? Convert.FromHexString("81a17884ab5f5f6e6461727261795f5fc3a464617461c418000000000000803f0000004000004040000080400000a040a57368617065920203a474797065a7666c6f61743332") : wire.Message;
        Convert.ToHexString(output.WrittenSpan).ShouldBe(Convert.ToHexString(expected));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void WriteFields_IntoSegments_AreTheSameBytesAndNoCopyOfAnArray(string name)
    {
        WireCase wire = WireCase.All.Single(item => item.Name == name);
        using FieldDictionary fields = EisenMessagePack.ReadFields(wire.Message);
        ArrayBufferWriter<byte> expected = new();
        EisenMessagePack.WriteFields(expected, fields);
        SegmentedBuffer output = new();

        EisenMessagePack.WriteFields(output, fields);

        byte[] together = new byte[output.Length];
        output.CopyTo(together);
        together.ShouldBe(expected.WrittenSpan.ToArray());
        foreach (FieldValue.Array array in fields.Fields.Select(field => field.Value).OfType<FieldValue.Array>().Where(array => array.Elements.ElementCount > 0))
            output.Segments.ShouldContain((ReadOnlyMemory<byte>)array.Elements.Memory);
    }

    [Fact]
    public void ReadFields_Array_LiesInTheMessage()
    {
        byte[] message = WireCase.All.Single(item => item.Name == "ndarray_float32").Message;

        using FieldDictionary fields = EisenMessagePack.ReadFields(message);

        ReadOnlyMemory<byte> elements = fields["image"].ShouldBeOfType<FieldValue.Array>().Elements.Memory;
        message.AsSpan().Overlaps(elements.Span, out int offset).ShouldBeTrue();
        offset.ShouldBe(28);
    }

    [Fact]
    public void ReadFields_NoMap_IsRefused() =>
        Should.Throw<DataFormatException>(() => EisenMessagePack.ReadFields(new byte[] { 0x91, 0x01 })).Message.ShouldBe("the message is not a map from field names to values");
}
