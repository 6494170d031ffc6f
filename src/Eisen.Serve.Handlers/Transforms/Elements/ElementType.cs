namespace Eisen.Serve.Handlers.Transforms;

/// <summary>What numpy calculates with, also where no array of ours can have that type: uint8 minus 300 is uint16.</summary>
internal enum ElementType
{
    Bool,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float16,
    Float32,
    Float64,
}
