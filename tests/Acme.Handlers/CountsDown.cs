using System.Globalization;
using System.Text;
using Eisen.Serve.Data;
using Eisen.Serve.Handlers;

namespace Acme.Handlers;

/// <summary>Streams the numbers from the body's down to 1, each through the module. From a number below 0 on it never ends, and tells in a file that it was
/// cancelled.</summary>
public sealed class CountsDown(HandlerContext context) : StreamHandler
{
    public override IEnumerable<ReadOnlyMemory<byte>> Answer(HandlerRequest request, IHandlerModule module, CancellationToken cancellationToken)
    {
        if (!int.TryParse(Encoding.UTF8.GetString(request.RequiredPayload.Content.Span), CultureInfo.InvariantCulture, out int from))
            throw new BadInputException("the body must be a number");
        try
        {
            for (int i = from; i != 0; i--)
            {
                if (i == 13)
                    throw new InvalidOperationException("13 brings bad luck");
                using NDArray number = NDArray.Copy<float>([i], 1, 1);
                using ModuleOutput doubled = module.Forward(new TorchValue.Tensor(number));
                yield return Encoding.UTF8.GetBytes($"{doubled.Array.AsSpan<float>()[0]}\n");
                // Whoever waits for the next number has this one: nothing is held back.
                cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(i < 0 ? 20 : 0));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // By the token, or because no more parts are asked for: nothing else ends it.
            if (from < 0)
                File.WriteAllText(context.Parameters["cancelledFile"]!.GetValue<string>(), "cancelled");
        }
    }
}
