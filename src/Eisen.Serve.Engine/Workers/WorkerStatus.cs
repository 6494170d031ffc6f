using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine;

/// <summary>What is told of a worker.</summary>
/// <param name="Id">Its number, unique in the process.</param>
/// <param name="Device">Where it runs.</param>
/// <param name="State">What it does at the moment.</param>
/// <param name="StartTime">When it was started.</param>
/// <param name="ProcessId">The process that it is, when it is another one than this.</param>
/// <param name="Reason">Why it failed, in one line; null when it works.</param>
public sealed record WorkerStatus(int Id, TorchDevice Device, WorkerState State, DateTimeOffset StartTime, int? ProcessId = null, string? Reason = null);
