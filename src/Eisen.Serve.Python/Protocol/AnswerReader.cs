using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Eisen.Serve.Python;

/// <summary>Makes answers of what a worker says. The content is copied: the worker may write over it as soon as it has the
/// next batch.</summary>
internal static class AnswerReader
{
    /// <summary>Reads the answers to a batch.</summary>
    /// <exception cref="ProtocolException">They cannot be what a worker says.</exception>
    public static HandlerAnswer[] Read(IReadOnlyList<WorkerAnswer> told, ReadOnlyMemory<byte> content, SharedSegment shared, int count, long maxSize)
    {
        if (told.Count != count)
            throw new ProtocolException($"it gave {told.Count} answers to {count} requests");
        HandlerAnswer[] answers = new HandlerAnswer[count];
        int used = 0;
        try
        {
            for (int i = 0; i < count; i++)
                answers[i] = told[i].ToFailure() ?? ReadContent(told[i], content, ref used, shared, maxSize);
            return answers;
        }
        catch
        {
            foreach (HandlerAnswer? answer in answers)
                answer?.Dispose();
            throw;
        }
    }

    /// <summary>Copies the content of a part of a streamed answer.</summary>
    /// <exception cref="ProtocolException">It is not where the worker says.</exception>
    public static byte[] Copy(WorkerAnswer part, ReadOnlyMemory<byte> content, SharedSegment shared, long maxSize)
    {
        if (part.Size < 0 || part.Size > maxSize)
            throw new ProtocolException($"it sent a part of {part.Size} bytes; max_response_size is {maxSize}");
        int used = 0;
        return part.At is { } at ? shared.Slice(at, part.Size).ToArray() : Take(part.Size, content, ref used).ToArray();
    }

    private static HandlerAnswer ReadContent(WorkerAnswer told, ReadOnlyMemory<byte> content, ref int used, SharedSegment shared, long maxSize)
    {
        if (told.Size > maxSize)
            return HandlerAnswer.Failure(PredictionError.WorkerDied, $"the answer has {told.Size} bytes; max_response_size is {maxSize}");
        if (told.At is not { } at)
            return HandlerAnswer.Success(Take(told.Size, content, ref used).ToArray(), told.TypeToSend(), headers: told.HeadersToSend(), status: told.StatusToSend());

        ReadOnlySpan<byte> source = shared.Slice(at, told.Size);
        NativeBuffer copy = new(told.Size);
        source.CopyTo(copy.GetSpan(told.Size));
        copy.Advance(told.Size);
        return HandlerAnswer.Success(copy.Written, told.TypeToSend(), copy, told.HeadersToSend(), told.StatusToSend());
    }

    private static ReadOnlyMemory<byte> Take(int size, ReadOnlyMemory<byte> content, ref int used)
    {
        if (size < 0 || size > content.Length - used)
            throw new ProtocolException($"it says that {size} bytes follow, and there are {content.Length - used}");
        ReadOnlyMemory<byte> taken = content.Slice(used, size);
        used += size;
        return taken;
    }
}
