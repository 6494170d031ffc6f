using System.Collections.Concurrent;
using System.Diagnostics;
using Eisen.Serve.Data;

namespace Eisen.Serve.Torch.Tests.Contract;

/// <summary>Many threads on one module.</summary>
public abstract partial class EngineContract
{
    [EngineFact]
    public void Forward_FourThreadsOnOneModule_EachGetsItsOwnAnswers()
    {
        using IScriptModule module = Load("numbers");
        ConcurrentQueue<string> wrong = [];
        OnFourThreads(thread =>
        {
            for (int i = 0; i < 500; i++)
            {
                int number = (thread * 1000) + i;
                using ForwardResult result = module.Forward(Floats(number), Int(number), Float(number), Bool(i % 2 == 0));
                string answer = TreeText.Of(result.Value);
                string expected = $"(float32[1]({number * 2}), {number + 1}, {(number * 0.5).ToString("R", null)}f, {(i % 2 == 0 ? "False" : "True")})";
                if (answer != expected)
                    wrong.Enqueue($"{answer} instead of {expected}");
            }
        });

        wrong.ShouldBeEmpty();
    }

    [EngineFact]
    public void Forward_FourThreadsFail_EachGetsItsOwnText()
    {
        using IScriptModule module = Load("wrong_shape");
        ConcurrentQueue<string> wrong = [];
        OnFourThreads(thread =>
        {
            for (int i = 1; i < 50; i++)
            {
                int length = (thread * 50) + i;
                TorchException failure = Should.Throw<TorchException>(() => module.Forward(Floats(new float[length])));
                if (!failure.Message.Contains($"1x{length} and {length + 1}x2", StringComparison.Ordinal))
                    wrong.Enqueue(failure.Message);
            }
        });

        wrong.ShouldBeEmpty();
    }

    [EngineFact]
    public void SetIntraOpThreads_One_HoldsForMatrixProducts()
    {
        // A BLAS with threads of its own would not listen: then the processor works for longer than the clock runs.
        using IScriptModule module = Load("weights46mb");
        using NDArray rows = NDArray.Allocate(DType.Float32, [512, 1150]);
        rows.Memory.Span.Clear();
        double coresUsed = double.MaxValue;
        Thread lane = new(() =>
        {
            Engine.SetIntraOpThreads(1);
            module.Forward(new TorchValue.Tensor(rows)).Dispose();
            // The least of several: what other tests do in this process at the same time counts, too.
            for (int run = 0; run < 20; run++)
            {
                TimeSpan processor = Environment.CpuUsage.TotalTime;
                Stopwatch clock = Stopwatch.StartNew();
                module.Forward(new TorchValue.Tensor(rows)).Dispose();
                coresUsed = Math.Min(coresUsed, (Environment.CpuUsage.TotalTime - processor) / clock.Elapsed);
            }
        });
        lane.Start();
        lane.Join();

        coresUsed.ShouldBeLessThan(1.5);
    }

    [EngineFact]
    public void Dispose_WhileFourThreadsRunTheModule_EachCallAnswersOrSaysDisposed()
    {
        for (int round = 0; round < 10; round++)
        {
            IScriptModule module = Load("linear");
            using CountdownEvent running = new(4);
            Thread disposer = new(() =>
            {
                running.Wait();
                module.Dispose();
            });
            disposer.Start();
            OnFourThreads(_ =>
            {
                for (int answers = 0; ; answers++)
                {
                    try
                    {
                        using ForwardResult result = module.Forward(Floats(1, 2, 3, 4));
                        ElementsOf(result).Length.ShouldBe(2);
                    }
                    catch (ObjectDisposedException)
                    {
                        break;
                    }

                    if (answers == 20)
                        running.Signal();
                }
            });
            disposer.Join();
        }
    }

    [EngineFact]
    public void Load_OnFourThreadsAtOnce_EachModuleAnswers() =>
        OnFourThreads(_ =>
        {
            for (int i = 0; i < 25; i++)
            {
                using IScriptModule module = Load("double");
                using ForwardResult result = module.Forward(Floats(i));
                ElementsOf(result).ShouldBe([i * 2f]);
            }
        });

    /// <summary>Runs an action on four threads, which begin together, and throws what one of them threw.</summary>
    private static void OnFourThreads(Action<int> action)
    {
        using Barrier start = new(4);
        ConcurrentQueue<Exception> failures = [];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                action(index);
            }
            catch (Exception failure)
            {
                failures.Enqueue(failure);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (!failures.IsEmpty)
            throw new AggregateException(failures);
    }
}
