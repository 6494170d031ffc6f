using Eisen.Serve.Torch;

namespace Eisen.Serve.Management;

/// <summary>The server as <c>GET /</c> tells of it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Version">Its version.</param>
/// <param name="Engine">What runs modules.</param>
internal sealed record ServerDescription(string Name, string Version, ServerDescription.EngineLine Engine)
{
    /// <summary>Describes this server.</summary>
    public static ServerDescription Of(ITorchEngine engine) =>
        new("Eisen.Serve", ProductVersion.Text, new EngineLine(engine.Name, engine.Version, [.. engine.Devices.Select(device => device.ToString())]));

    /// <summary>The engine.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Version">The version of its libtorch.</param>
    /// <param name="Devices">The devices that it sees.</param>
    internal sealed record EngineLine(string Name, string Version, IReadOnlyList<string> Devices);
}
