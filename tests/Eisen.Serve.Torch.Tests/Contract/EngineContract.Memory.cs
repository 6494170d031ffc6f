using Eisen.Serve.Data;
using Eisen.Serve.Testing;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>What the process holds, as the machine counts it.</summary>
public abstract partial class EngineContract
{
    private const double MiB = 1024 * 1024;

    [EngineFact]
    public void Load_TwentyTimesAndDisposed_GivesTheMemoryBack()
    {
        TorchValue.Tensor input = Floats(new float[1150]);
        double afterThird = 0;
        for (int i = 1; i <= 20; i++)
        {
            using (IScriptModule module = Load("weights46mb"))
                module.Forward(input).Dispose();
            if (i == 3)
                afterThird = ResidentMiB();
        }

        (ResidentMiB() - afterThird).ShouldBeLessThan(60);
    }

    [EngineFact]
    public void Forward_TwentyThousandTimes_KeepsNothing()
    {
        using IScriptModule module = Load("linear");
        TorchValue.Tensor input = Floats(1, 2, 3, 4);
        for (int i = 0; i < 500; i++)
            module.Forward(input).Dispose();
        double before = ResidentMiB();
        for (int i = 0; i < 20_000; i++)
            module.Forward(input).Dispose();

        (ResidentMiB() - before).ShouldBeLessThan(20);
    }

    [EngineFact]
    public void Forward_FailsFiveHundredTimes_KeepsNothing()
    {
        using IScriptModule add = Load("add");
        TorchValue.String text = Text(new string('x', 200_000));
        for (int i = 0; i < 20; i++)
            Should.Throw<TorchException>(() => add.Forward(Floats(1), text));
        double before = ResidentMiB();
        for (int i = 0; i < 500; i++)
            Should.Throw<TorchException>(() => add.Forward(Floats(1), text));

        (ResidentMiB() - before).ShouldBeLessThan(20);
    }

    [EngineFact]
    public void Forward_OnFourThreads_SharesOneCopyOfTheWeights()
    {
        double before = ResidentMiB();
        using IScriptModule module = Load("weights46mb");
        OnFourThreads(_ =>
        {
            for (int i = 0; i < 10; i++)
                module.Forward(Floats(new float[1150])).Dispose();
        });

        // One copy, what the threads themselves take, and less than a second copy.
        (ResidentMiB() - before).ShouldBeLessThan(46 + 40);
    }

    private static double ResidentMiB() => (double)ResidentMemory.Bytes() / MiB;
}
