using System.Runtime.InteropServices;

namespace Eisen.Serve.Python;

/// <summary>A process to be started.</summary>
/// <param name="Program">The full path of the program.</param>
/// <param name="Arguments">Its arguments, without the program.</param>
/// <param name="Environment">Its whole environment.</param>
/// <param name="Folder">The folder that it begins in.</param>
/// <param name="Descriptors">What it finds under the numbers from 3 on; it gets nothing else of this process.</param>
/// <param name="MemoryLimit">The most address space, in bytes; null for no limit.</param>
/// <param name="CpuLimit">The most processor time, in seconds; null for no limit.</param>
internal sealed record ProcessOrder(
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string Folder,
    IReadOnlyList<SafeHandle> Descriptors,
    long? MemoryLimit,
    long? CpuLimit);
