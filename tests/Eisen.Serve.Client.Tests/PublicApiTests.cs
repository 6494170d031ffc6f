using System.Reflection;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using PublicApiGenerator;

namespace Eisen.Serve.Client.Tests;

/// <summary>What the packages offer is written down, so that nobody changes it without meaning to.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData(typeof(EisenServingClient))]
    [InlineData(typeof(NDArray))]
    public void PublicSurface_IsTheReviewedOne(Type member)
    {
        Assembly assembly = member.Assembly;
        string name = assembly.GetName().Name!;
        string reviewed = Path.Combine(Fixtures.RepositoryRoot, "src", name, "PublicApi.txt");
        string found = Path.Combine(Directory.CreateDirectory(Path.Combine(Fixtures.RepositoryRoot, "artifacts", "public-api")).FullName, $"{name}.txt");
        File.WriteAllText(found, assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }) + "\n");

        string[] before = File.ReadAllLines(reviewed);
        string[] now = File.ReadAllLines(found);
        string changes = string.Join('\n', [.. before.Except(now).Select(line => $"-{line}"), .. now.Except(before).Select(line => $"+{line}")]);
        now.SequenceEqual(before).ShouldBeTrue($"The public surface has changed:\n{changes}\nIf that is meant: cp artifacts/public-api/{name}.txt src/{name}/PublicApi.txt");
    }
}
