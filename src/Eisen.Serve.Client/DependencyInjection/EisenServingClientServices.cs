using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Eisen.Serve.Client;

/// <summary>Adds clients to an application's services.</summary>
public static class EisenServingClientServices
{
    /// <summary>Adds the one client of an application that asks one model, as a singleton. Its connections are the
    /// <see cref="IHttpClientFactory"/>'s.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="endpoint">Where the model is asked, for example <c>http://127.0.0.1:8080/predictions/brain</c>.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>Adds message handlers, and changes how connections are made. Redirects are not followed unless that is changed.</returns>
    /// <exception cref="ArgumentException">The endpoint is not an absolute address of http or https.</exception>
    public static IHttpClientBuilder AddEisenServingClient(
        this IServiceCollection services, Uri endpoint, Action<EisenServingClientOptions>? configure = null)
    {
        EisenServingClient.RequireUsable(endpoint);
        services.AddSingleton(provider => NewClient(provider, NameOf(""), endpoint));
        return services.AddHttp(NameOf(""), configure);
    }

    /// <summary>Adds one of several clients, as a keyed singleton: it is injected where a parameter has
    /// <c>[FromKeyedServices(name)]</c>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The client's key.</param>
    /// <param name="endpoint">Where the model is asked, for example <c>http://127.0.0.1:8080/predictions/brain</c>.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>Adds message handlers, and changes how connections are made. Redirects are not followed unless that is changed.</returns>
    /// <exception cref="ArgumentException">The name is empty, or the endpoint is not an absolute address of http or https.</exception>
    public static IHttpClientBuilder AddEisenServingClient(
        this IServiceCollection services, string name, Uri endpoint, Action<EisenServingClientOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        EisenServingClient.RequireUsable(endpoint);
        services.AddKeyedSingleton(name, (provider, _) => NewClient(provider, NameOf(name), endpoint));
        return services.AddHttp(NameOf(name), configure);
    }

    private static string NameOf(string client) => $"{nameof(EisenServingClient)}:{client}";

    private static IHttpClientBuilder AddHttp(this IServiceCollection services, string name, Action<EisenServingClientOptions>? configure)
    {
        services.AddOptions<EisenServingClientOptions>(name).Configure(configure ?? (_ => { }));
        return services.AddHttpClient(name)
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(EisenServingClient.NewHandler);
    }

    private static EisenServingClient NewClient(IServiceProvider provider, string name, Uri endpoint)
    {
        // An HttpClient for each call: the factory renews their handlers, and one that a singleton kept would keep an old one.
        IHttpClientFactory factory = provider.GetRequiredService<IHttpClientFactory>();
        EisenServingClientOptions options = provider.GetRequiredService<IOptionsMonitor<EisenServingClientOptions>>().Get(name);
        return new EisenServingClient(endpoint, options, () => factory.CreateClient(name));
    }
}
