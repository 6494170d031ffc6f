using System.Text;
using Eisen.Serve.Handlers;
using Eisen.Serve.Torch;

namespace Eisen.Serve.Engine.Tests.Workers;

/// <summary>A kind of worker that does what a request's body says: <c>die</c>, <c>stream</c>, or <c>wait</c> until nobody waits for the
/// answer; it repeats all others.</summary>
internal sealed class ScriptedWorkers : IWorkerKind
{
    /// <summary>Whether workers can be loaded.</summary>
    public volatile bool CanLoad = true;

    /// <summary>Whether loading a worker takes until it is cancelled.</summary>
    public volatile bool HangsWhileLoading;

    private int loads;
    private int waiting;

    /// <summary>How often a worker was loaded, or was tried to be.</summary>
    public int Loads => Volatile.Read(ref loads);

    /// <summary>How many requests began to wait.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>What lets a streaming request go on.</summary>
    public SemaphoreSlim NextPart { get; } = new(0);

    /// <summary>Ends every worker that there is, from outside.</summary>
    public Action KillAll { get; private set; } = () => { };

    public IWorkerSource? Open(WorkerContext context, CancellationToken cancellationToken) =>
        context.Archive.Manifest.Handler == "scripted:run" ? new Source(this) : null;

    private sealed class Source(ScriptedWorkers kind) : IWorkerSource
    {
        public IModelWorker Create(TorchDevice device) => new Worker(kind);

        public void Dispose()
        {
        }
    }

    private sealed class Worker : IModelWorker
    {
        private readonly ScriptedWorkers kind;
        private volatile bool isAlive;

        public Worker(ScriptedWorkers kind)
        {
            this.kind = kind;
            kind.KillAll += () =>
            {
                isAlive = false;
                Died?.Invoke();
            };
        }

        public event Action? Died;

        public bool IsAlive => isAlive;

        public void Load(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref kind.loads);
            if (kind.HangsWhileLoading)
                Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).GetAwaiter().GetResult();
            if (!kind.CanLoad)
                throw new WorkerDiedException("RuntimeError: cannot be loaded");
            isAlive = true;
        }

        public IReadOnlyList<HandlerAnswer> Handle(IReadOnlyList<HandlerRequest> batch, CancellationToken cancellationToken)
        {
            string text = Encoding.UTF8.GetString(batch[0].Parts[0].Content.Span);
            if (text == "die")
            {
                isAlive = false;
                throw new WorkerDiedException("it was told to die");
            }

            if (text == "wait")
            {
                Interlocked.Increment(ref kind.waiting);
                Task.Delay(Models.Patience, cancellationToken).GetAwaiter().GetResult();
                throw new InvalidOperationException("Nobody told it to stop.");
            }

            if (text == "stream")
            {
                AnswerStream parts = batch[0].BeginAnswer();
                for (int i = 0; i < 3; i++)
                {
                    parts.Write(Encoding.UTF8.GetBytes($"{i},"));
                    kind.NextPart.Wait(cancellationToken);
                }
            }

            return [.. batch.Select(_ => HandlerAnswer.Success(Encoding.UTF8.GetBytes(text)))];
        }

        public void Dispose()
        {
        }
    }
}
