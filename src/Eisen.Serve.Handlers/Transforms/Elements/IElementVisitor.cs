using System.Numerics;

namespace Eisen.Serve.Handlers.Transforms;

/// <summary>Code that is compiled once for each type of elements.</summary>
internal interface IElementVisitor
{
    /// <summary>Runs for one type; truth values are bytes of 0 and 1.</summary>
    void Visit<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T>;
}
