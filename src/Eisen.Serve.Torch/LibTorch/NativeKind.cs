namespace Eisen.Serve.Torch.LibTorch;

/// <summary>What a <see cref="NativeValue"/> is: <c>eisen_kind</c> in <c>native/eisen_torch.h</c>.</summary>
internal enum NativeKind
{
    None = 0,
    Bool = 1,
    Int = 2,
    Float = 3,
    String = 4,
    Tensor = 5,
    List = 6,
    Tuple = 7,
    Dict = 8,
}
