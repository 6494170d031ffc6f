using Eisen.Serve.Configuration;

namespace Eisen.Serve.Fetching;

/// <summary>Adds what fetches archives.</summary>
internal static class FetchingServices
{
    /// <summary>Adds the <see cref="ArchiveFetcher"/> and the <see cref="AllowedUrls"/>.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="settings">What is allowed.</param>
    /// <param name="folder">Where fetched files are put.</param>
    public static void AddFetching(this IServiceCollection services, ServerSettings settings, string folder)
    {
        services.AddSingleton(new AllowedUrls(settings.AllowedUrls));
        services.AddSingleton(provider => new ArchiveFetcher(
            provider.GetRequiredService<AllowedUrls>(),
            new FetchLimits(settings.MaxDownloadSize, settings.DownloadTimeout),
            folder,
            provider.GetRequiredService<TimeProvider>()));
    }
}
