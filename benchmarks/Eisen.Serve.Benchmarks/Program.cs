using Eisen.Serve.Benchmarks;
using Eisen.Serve.Benchmarks.Limits;
using Eisen.Serve.Benchmarks.Load;
using Eisen.Serve.Benchmarks.Processes;

// What is measured, and what measures, are processes of their own: this program, started again.
return args switch
{
    [ChildProcess.Load] => LoadProgram.Run(),
    [ChildProcess.BareHost] => await BareHost.RunAsync(),
    [ChildProcess.BareCompute] => ComputeProgram.Run(),
    _ => await BenchmarkRun.RunAsync(args),
};
