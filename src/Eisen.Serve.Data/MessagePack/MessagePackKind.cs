namespace Eisen.Serve.Data;

/// <summary>What a token of a message begins.</summary>
internal enum MessagePackKind
{
    None,
    Bool,
    Integer,
    Float,
    Text,
    Bytes,
    List,
    Map,
}
