namespace Eisen.Serve.Handlers;

/// <summary>The forms that requests to a handler, and its answers, can be wrapped in: TorchServe's <c>service_envelope</c>.</summary>
public enum EnvelopeKind
{
    /// <summary>None: the handler reads requests as they come.</summary>
    None,

    /// <summary>The handler gets bodies. Built-in handlers look for them themselves, so that it changes nothing for them.</summary>
    Body,

    /// <summary><c>{"instances": [...]}</c> and <c>{"predictions": [...]}</c>, as TensorFlow Serving has them.</summary>
    Json,

    /// <summary>KServe's first protocol: the same, and <c>{"explanations": [...]}</c>.</summary>
    KServe,

    /// <summary>KServe's second protocol: <c>{"inputs": [...]}</c> and <c>{"outputs": [...]}</c>, with names, types and shapes.</summary>
    KServeV2,
}
