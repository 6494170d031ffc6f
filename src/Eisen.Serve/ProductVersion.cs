using System.Reflection;

namespace Eisen.Serve;

/// <summary>The program's version, as it was built.</summary>
internal static class ProductVersion
{
    /// <summary>The version without build metadata, for example <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
