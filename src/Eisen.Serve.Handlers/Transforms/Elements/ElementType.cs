namespace Eisen.Serve.Handlers.Transforms;

/// <summary>What numpy calculates with: the dtypes that arrays can have but for bfloat16, kinds in numpy's order and each
/// from narrow to wide.</summary>
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
