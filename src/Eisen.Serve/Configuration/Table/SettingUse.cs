namespace Eisen.Serve.Configuration;

/// <summary>What becomes of a setting here.</summary>
internal enum SettingUse
{
    /// <summary>It does what its description says.</summary>
    Acts,

    /// <summary>TorchServe knows it, and it has no meaning here: the log says so, once.</summary>
    None,

    /// <summary>TorchServe writes it into its snapshots; nothing is said about it.</summary>
    Record,
}
