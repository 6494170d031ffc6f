using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Loading a file, and how the engine sets the module up.</summary>
public abstract partial class EngineContract
{
    [EngineFact]
    public void Devices_Always_BeginWithTheCpu()
    {
        Engine.Devices[0].ShouldBe(TorchDevice.Cpu);
        Engine.Devices.ShouldBeUnique();
        Engine.Name.ShouldNotBeNullOrWhiteSpace();
        Engine.Version.ShouldMatch(@"^\d+\.\d+");
    }

    [EngineFact]
    public void Load_OnTheCpu_SaysSo()
    {
        using IScriptModule module = Load("device_of");

        module.Device.ShouldBe(TorchDevice.Cpu);
        ShouldAnswer("'cpu'", "device_of", Floats(1));
    }

    [EngineFact]
    public void Load_SavedInTrainingMode_IsInEvaluationMode() => Answer("training", Floats(1)).ShouldBe("False");

    [EngineFact]
    public void Forward_Always_RecordsNoGradients() => Answer("counts_grad", Floats(1)).ShouldBe("False");

    [EngineFact]
    public void Load_DeviceThatIsNotThere_Throws() =>
        Should.Throw<TorchException>(() => Engine.Load(Fixtures.PathOf("modules/linear.pt"), new TorchDevice(TorchDeviceType.Cuda, 99)))
            .Message.ShouldNotBeNullOrWhiteSpace();

    [EngineFact]
    public void Load_NoSuchFile_ThrowsAndNamesIt()
    {
        string path = Path.Combine(Path.GetTempPath(), "no-such-folder", "h\u00E4mato.pt");

        Should.Throw<TorchException>(() => Engine.Load(path, TorchDevice.Cpu)).Message.ShouldContain("h\u00E4mato.pt");
    }

    [EngineFact]
    public void Load_Folder_Throws() => Should.Throw<TorchException>(() => Engine.Load(Path.GetTempPath(), TorchDevice.Cpu));

    [EngineFact]
    public void Load_TextFile_Throws() => ShouldNotLoad("This is a letter, and no module.\n"u8);

    [EngineFact]
    public void Load_EmptyFile_Throws() => ShouldNotLoad([]);

    [EngineFact]
    public void Load_NoForward_ThrowsAndSaysSo() =>
        Should.Throw<TorchException>(() => Load("no_forward")).Message.ShouldContain("forward");

    [EngineFact]
    public void Load_FileCutOffAnywhere_Throws()
    {
        byte[] whole = File.ReadAllBytes(Fixtures.PathOf("modules/linear.pt"));
        IEnumerable<int> cuts = [1, 4, 30, 100, .. Enumerable.Range(1, 15).Select(part => whole.Length * part / 16), whole.Length - 22, whole.Length - 1];

        foreach (int cut in cuts)
            ShouldNotLoad(whole.AsSpan(0, cut));
    }

    [EngineFact]
    public void Load_PathWithNonAsciiCharacters_Loads()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("\u8111 h\u00E4m");
        try
        {
            string path = Path.Combine(folder.FullName, "m\u00F6del.pt");
            File.Copy(Fixtures.PathOf("modules/double.pt"), path);
            using IScriptModule module = Engine.Load(path, TorchDevice.Cpu);
            using ForwardResult result = module.Forward(Floats(2));

            ElementsOf(result).ShouldBe([4f]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [EngineTheory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void SetIntraOpThreads_NotPositive_Throws(int count) =>
        Should.Throw<ArgumentOutOfRangeException>(() => Engine.SetIntraOpThreads(count));

    [EngineTheory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void SetIntraOpThreads_OnALanesThread_DecidesWhetherOperatorsStartOthers(int count, bool others)
    {
        // A thread that libtorch starts has the name of the thread that called it.
        string name = $"eisen-intra-{count}";
        int threads = 0;
        using IScriptModule add = Load("add");
        TorchValue.Tensor million = Floats(new float[1_000_000]);
        Thread lane = new(() =>
        {
            Engine.SetIntraOpThreads(count);
            add.Forward(million, million).Dispose();
            threads = Directory.GetDirectories("/proc/self/task").Count(task => File.ReadAllText(Path.Combine(task, "comm")).Trim() == name);
        })
        {
            Name = name,
        };
        lane.Start();
        lane.Join();

        (threads > 1).ShouldBe(others);
    }

    private void ShouldNotLoad(ReadOnlySpan<byte> content)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            Should.Throw<TorchException>(() => Engine.Load(path, TorchDevice.Cpu)).Message.ShouldNotBeNullOrWhiteSpace();
        }
        finally
        {
            File.Delete(path);
        }
    }
}
