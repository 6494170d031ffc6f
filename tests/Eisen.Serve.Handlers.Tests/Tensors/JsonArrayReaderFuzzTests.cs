using System.Text;
using Eisen.Serve.Data;

namespace Eisen.Serve.Handlers.Tests.Tensors;

public sealed class JsonArrayReaderFuzzTests
{
    private const int Bodies = 60_000;

    private static readonly string[] Tokens =
        ["[", "]", "[", "]", ",", ",", " ", "1", "-2", "0.5", "1e3", "true", "false", "null", "\"x\"", "{", "}", ":", "[1,2]", "[]", "1e999", "\n", "-", "\u00e9"];

    [Fact]
    public void Read_RandomTokens_IsReadOrRefused()
    {
        Random random = new(20261122);
        int read = 0;
        for (int i = 0; i < Bodies; i++)
        {
            string json = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => Tokens[random.Next(Tokens.Length)]));
            read += IsRead(Encoding.UTF8.GetBytes(json), random) ? 1 : 0;
        }

        read.ShouldBeInRange(100, Bodies / 2);
    }

    [Fact]
    public void Read_DamagedBody_IsReadOrRefused()
    {
        byte[] whole = Encoding.UTF8.GetBytes("[[[1.5,-2,3e1],[4,5,6]],[[7,8,9],[10,11,0.125]]]");
        Random random = new(1122);
        for (int i = 0; i < Bodies; i++)
        {
            byte[] damaged = whole[..random.Next(1, whole.Length + 1)];
            for (int hit = random.Next(1, 4); hit > 0; hit--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            IsRead(damaged, random);
        }
    }

    // Anything but BadInputException fails the test; what is read has as many numbers as its shape says.
    private static bool IsRead(byte[] json, Random random)
    {
        DType dtype = random.Next(4) switch { 0 => DType.Int64, 1 => DType.UInt8, 2 => DType.Bool, _ => DType.Float32 };
        try
        {
            using NDArray array = JsonArrayReader.Read(json, dtype);
            long product = 1;
            foreach (long dimension in array.Shape)
                product *= dimension;
            ((long)array.ElementCount).ShouldBe(product, Encoding.Latin1.GetString(json));
            return true;
        }
        catch (BadInputException refused)
        {
            refused.Message.ShouldNotBeNullOrWhiteSpace();
            return false;
        }
    }
}
