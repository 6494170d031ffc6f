using System.IO.Compression;
using Eisen.Serve.Data;
using Eisen.Serve.Testing;
using Eisen.Serve.Torch;
using Eisen.Serve.Torch.Tests;
using Eisen.Serve.Torch.Tests.Contract;
using Eisen.Serve.TorchSharp.Scripts;

namespace Eisen.Serve.TorchSharp.Tests.Scripts;

/// <summary>Modules whose code calls what this libtorch does not have: loading them would end the process.</summary>
public sealed class OperatorTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [EngineTheory]
    [InlineData("ops.torchvision.nms(", "torchvision::nms")]
    [InlineData("torch.newest_of_operators(", "aten::newest_of_operators")]
    public void Load_OperatorThatIsNotThere_IsRefusedByName(string call, string name)
    {
        Rewrite("double", code => code.Replace("torch.mul(", call, StringComparison.Ordinal));

        string text = Should.Throw<TorchException>(() => EngineUnderTest.Engine.Load(file, TorchDevice.Cpu)).Message;

        text.ShouldContain($"calls {name}, which libtorch 2.");
        text.ShouldContain("format version");
    }

    [EngineFact]
    public void Load_OperatorNamedInAString_IsNoCall()
    {
        Rewrite("raises", code => code.Replace("the scan has", "\\\"torch.unheard_of( has", StringComparison.Ordinal));
        using IScriptModule module = EngineUnderTest.Engine.Load(file, TorchDevice.Cpu);

        Should.Throw<TorchException>(() => module.Forward(new TorchValue.Tensor(Data.NDArray.Copy<float>([1], 1)))).Message.ShouldContain("torch.unheard_of(");
    }

    [EngineFact]
    public void Load_EachModuleOfTheFixtures_IsNotRefused()
    {
        foreach (string path in Directory.EnumerateFiles(Fixtures.PathOf("modules"), "*.pt").Where(path => !path.EndsWith("no_forward.pt", StringComparison.Ordinal)))
            EngineUnderTest.Engine.Load(path, TorchDevice.Cpu).Dispose();
    }

    [EngineFact]
    public void Operators_OfAModule_AreThoseThatItCalls()
    {
        Rewrite("linear", code => code);

        ScriptArchive.Read(file).Operators.ShouldBe(["aten::linear"]);
    }

    private void Rewrite(string module, Func<string, string> change)
    {
        File.Copy(Fixtures.PathOf($"modules/{module}.pt"), file, overwrite: true);
        using ZipArchive zip = ZipFile.Open(file, ZipArchiveMode.Update);
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => entry.FullName.EndsWith(".py", StringComparison.Ordinal)).ToArray())
        {
            string code;
            using (StreamReader reader = new(entry.Open()))
                code = reader.ReadToEnd();
            string name = entry.FullName;
            entry.Delete();
            using StreamWriter writer = new(zip.CreateEntry(name, CompressionLevel.NoCompression).Open());
            writer.Write(change(code));
        }
    }
}
