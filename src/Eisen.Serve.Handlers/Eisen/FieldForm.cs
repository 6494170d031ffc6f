namespace Eisen.Serve.Handlers;

/// <summary>The forms that an Eisen model's fields come and go in.</summary>
internal enum FieldForm
{
    /// <summary>Eisen's messages.</summary>
    MessagePack,

    /// <summary>JSON.</summary>
    Json,

    /// <summary>One array as numpy's file.</summary>
    Npy,

    /// <summary>Arrays as numpy's zip of files.</summary>
    Npz,

    /// <summary>One field's bytes as they are.</summary>
    Raw,
}
