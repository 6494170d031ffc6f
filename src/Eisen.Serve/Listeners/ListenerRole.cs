namespace Eisen.Serve.Listeners;

/// <summary>What a listener is for. Each has its own table of routes, so that nothing of one can be reached by another.</summary>
internal enum ListenerRole
{
    Inference,
    Management,
    Metrics,
}
