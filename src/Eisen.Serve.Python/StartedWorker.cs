namespace Eisen.Serve.Python;

/// <summary>The process of a worker.</summary>
/// <param name="Process">The process.</param>
/// <param name="HasLoaded">Whether its model was loaded before it began.</param>
internal readonly record struct StartedWorker(ChildProcess Process, bool HasLoaded);
