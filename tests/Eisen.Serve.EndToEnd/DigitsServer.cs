namespace Eisen.Serve.EndToEnd;

/// <summary>A server with the digits, for tests that only ask it.</summary>
public sealed class DigitsServer : IDisposable
{
    public DigitsServer()
    {
        Place.AddToStore(Archives.Digits);
        Place.StartWith("digits.mar");
    }

    public Workplace Place { get; } = new();

    public void Dispose()
    {
        Place.Stop();
        Place.Dispose();
    }
}
