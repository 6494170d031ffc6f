namespace Eisen.Serve.Listeners;

/// <summary>Carries a listener's role, on its connections and on its endpoints.</summary>
internal sealed record RoleFeature(ListenerRole Role);
