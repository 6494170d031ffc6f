using Microsoft.Extensions.DependencyInjection;

namespace Eisen.Serve.Handlers;

/// <summary>Adds to the services that the handlers of an assembly get. An assembly has at most one such class, public and with a public constructor without
/// parameters; it is found by itself.</summary>
public abstract class HandlerStartup
{
    /// <summary>Adds services. They are made for one version of one model, and disposed when it is unloaded.</summary>
    /// <param name="services">Has what the server gives already.</param>
    /// <param name="context">What the handler knows of its archive.</param>
    public abstract void ConfigureServices(IServiceCollection services, HandlerContext context);
}
