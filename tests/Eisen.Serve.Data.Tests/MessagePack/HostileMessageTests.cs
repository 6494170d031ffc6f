using System.Text;

namespace Eisen.Serve.Data.Tests.MessagePack;

/// <summary>Messages that lie: each is refused with a reason, and nothing is allocated for what it claims.</summary>
public class HostileMessageTests
{
    private const int MostAllocated = 1 << 16; // the exception, with the stack that it came through

    public static TheoryData<string, string> Messages => new()
    {
        { "", "the message ends at byte 0, where a value should follow" },
        { "c1", "at byte 0 is the code 0xc1" },
        { "81a178", "the message ends at byte 3" },
        { "0102", "1 bytes follow after the value, which ends at byte 1" },
        { "dbffffffff61", "a string at byte 0 should have 4294967295 bytes, but 1 are left" },
        { "c6ffffffff61", "a bin at byte 0 should have 4294967295 bytes, but 1 are left" },
        { "ddffffffff01", "a list at byte 0 should have 4294967295 items, but 1 bytes are left" },
        { "df80000000a16101", "a map at byte 0 should have 2147483648 pairs, but 3 bytes are left" },
        { "dc", "the value at byte 0 is cut off" },
        { "cb00", "the value at byte 0 is cut off" },
        { "a2c328", "the string at byte 0 is not UTF-8" },
        { "8101 01".Replace(" ", "", StringComparison.Ordinal), "the key at byte 1 is an integer; keys are strings" },
        { "81c4016101", "the key at byte 1 is a bin; keys are strings" },
        { "82a16101a16102", "the key 'a' at byte 4 stands in the same map already" },
        { "d40100", "at byte 0 is the code 0xd4" },
        { "c70501", "at byte 0 is the code 0xc7" },
    };

    public static TheoryData<string, string, string, string> Arrays => new()
    {
        { "c4080000000000000000", "9203 02", "float32", "float32[3, 2] takes 24 bytes, but there are 8" },
        { "c400", "92ce8000000004", "float32", "would take more than 2 GiB, but there are 0" },
        { "c400", "92cf7fffffffffffffffcf7fffffffffffffff", "float64", "would take more than 2 GiB" },
        { "c400", "92cf0000000100000000cf0000000100000000", "uint8", "would take more than 2 GiB" },
        { "c400", "91cfffffffffffffffff", "uint8", "an array's dimension of 18446744073709551615 is more than any can be" },
        { "c408 0000000000000000", "92ff fe", "float32", "the shape [-1, -2] has a negative dimension" },
        { "c40400000000", "91cb3ff0000000000000", "float32", "an array's shape holds a float; it takes integers" },
        { "c400", "dc0021" + "000000000000000000000000000000000000000000000000000000000000000000", "float32", "an array has 33 dimensions; 32 is the most" },
        { "a400000000", "9101", "float32", "an array's 'data' is a string; it takes a bin" },
        { "c40400000000", "01", "float32", "an array's 'shape' is an integer; it takes a list" },
        { "c40400000000", "9101", "object", "the element type 'object' is none that arrays have here" },
        { "c40400000000", "9101", "O", "the element type 'O' is none" },
        { "c40400000000", "9101", "complex64", "the element type 'complex64' is none" },
        { "c40400000000", "9101", "<U1", "the element type '<U1' is none" },
        { "c40400000000", "9101", "datetime64[s]", "the element type 'datetime64[s]' is none" },
        { "c40400000000", "9101", "f4,f4", "the element type 'f4,f4' is none" },
        { "c40400000000", "9101", "", "the element type '' is none" },
        { "c40400000000", "9101", ">", "the element type '>' is none" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Read_BrokenMessage_IsRefused(string hex, string reason) => Refusal(Convert.FromHexString(hex)).ShouldContain(reason);

    [Theory]
    [MemberData(nameof(Arrays))]
    public void Read_BrokenArray_IsRefusedAndNamesTheField(string data, string shape, string type, string reason)
    {
        string reasonGiven = Refusal(Array(data, shape, type));

        reasonGiven.ShouldStartWith("field 'x': ");
        reasonGiven.ShouldContain(reason);
    }

    [Theory]
    [InlineData("84ab5f5f6e6461727261795f5fc2a464617461c400a5736861706591 00a474797065a4696e7438", "'__ndarray__' must be true")]
    [InlineData("81ab5f5f6e6461727261795f5fc3", "an array has no 'shape'; it takes a list")]
    [InlineData("83ab5f5f6e6461727261795f5fc3a5736861706591 00a474797065a4696e7438", "an array has no 'data'; it takes a bin")]
    [InlineData("82ab5f5f6e6461727261795f5fc3ab5f5f6e6461727261795f5fc3", "an array has one of '__ndarray__', 'data', 'shape' and 'type' twice")]
    public void Read_ArrayWithoutItsParts_IsRefused(string hex, string reason) => Refusal(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))).ShouldContain(reason);

    [Theory]
    [InlineData(0x91)]
    [InlineData(0x81)]
    public void Read_Deep_IsRefused(int code)
    {
        byte[] step = code == 0x91 ? [0x91] : [0x81, 0xa1, 0x61];
        byte[] deepest = [.. Enumerable.Repeat(step, FieldValue.MaxDepth).SelectMany(bytes => bytes), 0xc0];
        byte[] tooDeep = [.. step, .. deepest];

        Should.NotThrow(() => EisenMessagePack.Read(deepest));
        Refusal(tooDeep).ShouldContain("nested deeper than 64 levels");
        Refusal([.. Enumerable.Repeat((byte)0x91, 1 << 20)]).ShouldContain("nested deeper than 64 levels");
    }

    [Fact]
    public void Read_TooManyValues_IsRefused()
    {
        byte[] message = new byte[EisenMessagePack.MaxValues + 5];
        message[0] = 0xdd;
        message[2] = 0x10;

        Refusal(message).ShouldContain("more than 1048576 values; many numbers travel as an array");
    }

    [Fact]
    public void Read_ManyItemsAndThenABrokenOne_AllocatesNothingForThem()
    {
        byte[] message = new byte[1_000_005];
        message[0] = 0xdd;
        (message[2], message[3], message[4]) = (0x0f, 0x42, 0x40);
        message[^1] = 0xc1;

        Refusal(message).ShouldContain("at byte 1000004 is the code 0xc1");
    }

    [Fact]
    public void Read_EachRecordedMessageCutAnywhere_IsRefused()
    {
        foreach (WireCase wire in WireCase.All)
        {
            for (int length = 0; length < wire.Message.Length; length++)
                Refusal(wire.Message[..length]).ShouldNotBeEmpty();
        }
    }

    [Fact]
    public void Read_RandomChanges_AreReadOrRefused()
    {
        Random random = new(11);
        int refused = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] message = [.. WireCase.All[random.Next(WireCase.All.Count)].Message];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
            try
            {
                EisenMessagePack.Read(message);
            }
            catch (DataFormatException)
            {
                refused++;
            }
        }

        refused.ShouldBeInRange(10_000, 49_999);
    }

    [Fact]
    public void Read_BigEndianTypes_AreTurned()
    {
        Elements(">i2", 0x01, 0x02).AsSpan<short>()[0].ShouldBe((short)0x0102);
        Elements(">u8", 0, 0, 0, 0, 0, 0, 1, 0).AsSpan<ulong>()[0].ShouldBe(256ul);
        Elements(">f8", 0x3f, 0xf0, 0, 0, 0, 0, 0, 0).AsSpan<double>()[0].ShouldBe(1);
        Elements(">f2", 0x3c, 0).AsSpan<Half>()[0].ShouldBe((Half)1);
        Elements(">i1", 5).AsSpan<sbyte>()[0].ShouldBe((sbyte)5);
        Elements("<i4", 1, 0, 0, 0).AsSpan<int>()[0].ShouldBe(1);
        Elements("=u2", 1, 0).AsSpan<ushort>()[0].ShouldBe((ushort)1);
        Elements("|b1", 255).AsSpan<bool>()[0].ShouldBe(true);
        Elements("|b1", 255).Memory.Span[0].ShouldBe((byte)1);
    }

    [Fact]
    public void Write_WhatCannotBeWritten_Throws()
    {
        System.Buffers.ArrayBufferWriter<byte> output = new();
        FieldValue deep = FieldValue.None.Instance;
        for (int i = 0; i <= FieldValue.MaxDepth; i++)
            deep = new FieldValue.List([deep]);

        Should.Throw<ArgumentException>(() => EisenMessagePack.Write(output, deep)).Message.ShouldContain("deeper than 64");
        Should.Throw<ArgumentException>(() => EisenMessagePack.Write(output, new FieldValue.Integer(Int128.One << 64))).Message.ShouldContain("outside of -2^63 to 2^64 - 1");
        Should.Throw<ArgumentException>(() => EisenMessagePack.Write(output, new FieldValue.Text("\ud800")));
    }

    private static NDArray Elements(string type, params byte[] bytes) =>
        ((FieldValue.Array)EisenMessagePack.ReadFields(Array($"c4{bytes.Length:x2}{Convert.ToHexString(bytes)}", "90", type))["x"]).Elements;

    // {"x": {"__ndarray__": true, "data": DATA, "shape": SHAPE, "type": TYPE}}
    private static byte[] Array(string data, string shape, string type) => Convert.FromHexString(
        $"81a17884ab5f5f6e6461727261795f5fc3a464617461{data}a57368617065{shape}a474797065{0xa0 | type.Length:x2}{Convert.ToHexString(Encoding.UTF8.GetBytes(type))}".Replace(" ", "", StringComparison.Ordinal));

    private static string Refusal(byte[] message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string? reason = null;
        try
        {
            EisenMessagePack.Read(message);
        }
        catch (DataFormatException mistake)
        {
            reason = mistake.Message;
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(Math.Max(message.Length, MostAllocated));
        return reason.ShouldNotBeNull();
    }
}
