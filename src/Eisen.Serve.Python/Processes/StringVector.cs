using System.Runtime.InteropServices;
using System.Text;

namespace Eisen.Serve.Python;

/// <summary>Texts as C takes them: pointers to each, and null at the end.</summary>
internal sealed unsafe class StringVector : IDisposable
{
    private readonly int count;

    public StringVector(IReadOnlyList<string> texts)
    {
        count = texts.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < count; i++)
        {
            byte[] text = Encoding.UTF8.GetBytes(texts[i]);
            Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(Pointer[i], text.Length));
        }
    }

    public byte** Pointer { get; }

    public void Dispose()
    {
        for (int i = 0; i < count; i++)
            NativeMemory.Free(Pointer[i]);
        NativeMemory.Free(Pointer);
    }
}
