using System.Runtime.InteropServices;
using System.Text;

namespace Eisen.Serve.TorchSharp.Scripts;

/// <summary>
/// Which operators the loaded libtorch has. TorchSharp cannot be asked, so that libtorch's own functions are, by the names that a
/// compiler of the Itanium ABI gives them. Where a libtorch has them under other names, nothing is known beforehand.
/// </summary>
internal sealed unsafe class OperatorRegistry
{
    // c10::Symbol c10::Symbol::fromQualString(const std::string&). A Symbol is one uint32.
    private const string FromQualString = "_ZN3c106Symbol14fromQualStringERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";

    // Both give a reference to a std::vector, for a Symbol.
    private static readonly string[] Finders = ["_ZN5torch3jit18getAllOperatorsForEN3c106SymbolE", "_ZN5torch3jit25getAllBuiltinFunctionsForEN3c106SymbolE"];

    private readonly delegate* unmanaged<StandardString*, uint> symbolOf;
    private readonly nint[] finders;

    private OperatorRegistry(nint symbolOf, nint[] finders)
    {
        this.symbolOf = (delegate* unmanaged<StandardString*, uint>)symbolOf;
        this.finders = finders;
    }

    /// <summary>Finds it in libtorch_cpu.</summary>
    /// <returns>Null when the library does not have what is needed.</returns>
    public static OperatorRegistry? Find(nint library)
    {
        nint[] finders = [.. Finders.Select(name => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0)];
        return NativeLibrary.TryGetExport(library, FromQualString, out nint symbolOf) && !finders.Contains(0) ? new OperatorRegistry(symbolOf, finders) : null;
    }

    /// <summary>Whether there is an operator of a name.</summary>
    /// <param name="name">Its name with its namespace: <c>aten::add</c>.</param>
    public bool Has(string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        fixed (byte* start = text)
        {
            StandardString argument = new() { Text = start, Length = (nuint)text.Length - 1, Capacity = (nuint)text.Length - 1 };
            uint symbol = symbolOf(&argument);
            foreach (nint finder in finders)
            {
                StandardVector* found = ((delegate* unmanaged<uint, StandardVector*>)finder)(symbol);
                if (found->Begin != found->End)
                    return true;
            }
        }

        return false;
    }

    // As libstdc++ lays them out.
    [StructLayout(LayoutKind.Sequential)]
    private struct StandardString
    {
        public byte* Text;
        public nuint Length;
        public nuint Capacity;
        public nuint Rest;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StandardVector
    {
        public void* Begin;
        public void* End;
        public void* Room;
    }
}
