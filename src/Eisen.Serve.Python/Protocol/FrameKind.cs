namespace Eisen.Serve.Python;

/// <summary>What a frame says; <c>python/eisen_worker/PROTOCOL.md</c> explains each.</summary>
internal enum FrameKind : byte
{
    Load = 1,
    Batch = 2,
    Gone = 3,
    Room = 4,
    Fork = 5,
    Ready = 64,
    Failed = 65,
    Part = 66,
    Grow = 67,
    Done = 68,
    Forked = 69,
}
