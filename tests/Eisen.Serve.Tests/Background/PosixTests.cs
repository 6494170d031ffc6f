using System.Net.Sockets;
using Eisen.Serve.Background;

namespace Eisen.Serve.Tests.Background;

public sealed class PosixTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void IsSocket_EachKindOfFile_IsTrueForSocketsOnly()
    {
        string file = Path.Combine(folder.Path, "file");
        string socket = Path.Combine(folder.Path, "socket");
        string link = Path.Combine(folder.Path, "link");
        File.WriteAllText(file, "a model");
        using Socket bound = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        bound.Bind(new UnixDomainSocketEndPoint(socket));
        File.CreateSymbolicLink(link, socket);

        Posix.IsSocket(socket).ShouldBeTrue();
        Posix.IsSocket(file).ShouldBeFalse();
        Posix.IsSocket(folder.Path).ShouldBeFalse();
        Posix.IsSocket(link).ShouldBeFalse();
        Posix.IsSocket(Path.Combine(folder.Path, "none")).ShouldBeFalse();
    }
}
