using Eisen.Serve.Testing;
using PublicApiGenerator;

namespace Eisen.Serve.Handlers.Contract.Tests;

/// <summary>What the package offers is written down, so that nobody changes it without meaning to.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne()
    {
        string reviewed = Path.Combine(Fixtures.RepositoryRoot, "src", "Eisen.Serve.Handlers.Contract", "PublicApi.txt");
        string found = Path.Combine(Directory.CreateDirectory(Path.Combine(Fixtures.RepositoryRoot, "artifacts", "public-api")).FullName, "Eisen.Serve.Handlers.Contract.txt");
        File.WriteAllText(found, typeof(ModelHandler).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }) + "\n");

        string[] before = File.ReadAllLines(reviewed);
        string[] now = File.ReadAllLines(found);
        string changes = string.Join('\n', [.. before.Except(now).Select(line => $"-{line}"), .. now.Except(before).Select(line => $"+{line}")]);
        now.SequenceEqual(before).ShouldBeTrue($"The public surface has changed:\n{changes}\nIf that is meant: cp artifacts/public-api/Eisen.Serve.Handlers.Contract.txt src/Eisen.Serve.Handlers.Contract/PublicApi.txt");
    }
}
