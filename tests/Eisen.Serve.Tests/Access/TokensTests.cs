using System.Text.Json;
using Eisen.Serve.Access;
using Eisen.Serve.CommandLine;
using Eisen.Serve.Configuration;
using Eisen.Serve.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;

namespace Eisen.Serve.Tests.Access;

public sealed class TokensTests : IDisposable
{
    private const string OwnKey = "an-own-key-0123456789";

    private readonly TemporaryFolder folder = new();
    private readonly ManualTime time = new();

    private string KeyFile => Path.Combine(folder.Path, "key_file.json");

    [Fact]
    public void Create_KeyFile_IsInTorchServesFormForItsOwnerAlone()
    {
        using Tokens tokens = Create();

        JsonElement keys = Keys();
        keys.EnumerateObject().Select(key => key.Name).ShouldBe(["management", "inference", "API"]);
        keys.GetProperty("management").EnumerateObject().Select(part => part.Name).ShouldBe(["key", "expiration time"]);
        keys.GetProperty("inference").GetProperty("expiration time").GetString().ShouldBe("1970-01-01T01:00:00.0000000Z");
        keys.GetProperty("API").EnumerateObject().Select(part => part.Name).ShouldBe(["key"]);
        File.GetUnixFileMode(KeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Create_KeyFileThatOthersMayRead_IsReplaced()
    {
        File.WriteAllText(Path.Combine(folder.Path, "elsewhere"), "mine");
        File.CreateSymbolicLink(KeyFile, Path.Combine(folder.Path, "elsewhere"));

        using Tokens tokens = Create();

        new FileInfo(KeyFile).LinkTarget.ShouldBeNull();
        File.ReadAllText(Path.Combine(folder.Path, "elsewhere")).ShouldBe("mine");
    }

    [Fact]
    public void Create_FolderThatIsNotThere_IsAMistakeThatSaysWhatToDo() =>
        Should.Throw<UserMistakeException>(() => Create(file: Path.Combine(folder.Path, "none", "keys.json"))).Message.ShouldContain("set token_key_file to another file");

    [Fact]
    public void Accepts_EachToken_IsGoodForItsPurposeAlone()
    {
        using Tokens tokens = Create();

        foreach (TokenKind given in Enum.GetValues<TokenKind>())
        {
            foreach (TokenKind needed in Enum.GetValues<TokenKind>())
                tokens.Accepts(needed, $"Bearer {Key(given)}").ShouldBe(given == needed, $"{given} for {needed}");
        }
    }

    [Theory]
    [InlineData("Bearer   KEY", true)]
    [InlineData("Bearer\tKEY", true)]
    [InlineData("bearer KEY", false)]
    [InlineData("Basic KEY", false)]
    [InlineData("KEY", false)]
    [InlineData("BearerKEY", false)]
    [InlineData("Bearer ", false)]
    [InlineData("Bearer", false)]
    [InlineData("", false)]
    [InlineData(" Bearer KEY", false)]
    [InlineData("Bearer KEY ", false)]
    [InlineData("Bearer KEY KEY", false)]
    [InlineData("Bearer KEY,KEY", false)]
    [InlineData("Bearer KEYx", false)]
    [InlineData("Bearer xKEY", false)]
    [InlineData("Bearer \u212AEY", false)]
    public void Accepts_Field_IsReadAsTorchServeReadsIt(string field, bool isGood)
    {
        using Tokens tokens = Create();

        tokens.Accepts(TokenKind.Inference, field.Replace("KEY", Key(TokenKind.Inference), StringComparison.Ordinal)).ShouldBe(isGood);
    }

    [Fact]
    public void Accepts_FieldThatIsNotThereOrComesTwice_IsRefused()
    {
        using Tokens tokens = Create();
        string field = $"Bearer {Key(TokenKind.Inference)}";

        tokens.Accepts(TokenKind.Inference, StringValues.Empty).ShouldBeFalse();
        tokens.Accepts(TokenKind.Inference, new StringValues([field, field])).ShouldBeFalse();
        tokens.Accepts(TokenKind.Inference, "Bearer " + new string('a', 100_000)).ShouldBeFalse();
    }

    [Fact]
    public void Accepts_TokenThatHasExpired_IsRefusedUntilItIsRenewed()
    {
        using Tokens tokens = Create();
        string old = $"Bearer {Key(TokenKind.Inference)}";
        string api = $"Bearer {Key(TokenKind.Api)}";
        time.Advance(TimeSpan.FromMinutes(60) - TimeSpan.FromTicks(1));
        tokens.Accepts(TokenKind.Inference, old).ShouldBeTrue();

        time.Advance(TimeSpan.FromTicks(1));

        tokens.Accepts(TokenKind.Inference, old).ShouldBeFalse();
        tokens.Accepts(TokenKind.Api, api).ShouldBeTrue("it does not expire");
        tokens.TryRenew(TokenKind.Inference).ShouldBeTrue();
        tokens.Accepts(TokenKind.Inference, old).ShouldBeFalse();
        tokens.Accepts(TokenKind.Inference, $"Bearer {Key(TokenKind.Inference)}").ShouldBeTrue();
        Key(TokenKind.Api).ShouldBe(api["Bearer ".Length..]);
    }

    [Fact]
    public void TryRenew_OneToken_LeavesTheOther()
    {
        using Tokens tokens = Create();
        (string inference, string management) = (Key(TokenKind.Inference), Key(TokenKind.Management));

        tokens.TryRenew(TokenKind.Management).ShouldBeTrue();

        Key(TokenKind.Inference).ShouldBe(inference);
        Key(TokenKind.Management).ShouldNotBe(management);
        tokens.Accepts(TokenKind.Management, $"Bearer {management}").ShouldBeFalse();
    }

    [Fact]
    public void TryRenew_KeyFileThatCannotBeWritten_KeepsTheOldToken()
    {
        string place = folder.Folder("keys");
        using Tokens tokens = Create(file: Path.Combine(place, "key_file.json"));
        string old = JsonDocument.Parse(File.ReadAllText(Path.Combine(place, "key_file.json"))).RootElement.GetProperty("inference").GetProperty("key").GetString()!;
        Directory.Delete(place, recursive: true);

        tokens.TryRenew(TokenKind.Inference).ShouldBeFalse();

        tokens.Accepts(TokenKind.Inference, $"Bearer {old}").ShouldBeTrue();
    }

    [Fact]
    public void Accepts_OwnKey_NeverExpires()
    {
        using Tokens tokens = Create(new AccessKeys([OwnKey, OwnKey + "2"], [], []));
        string generated = Key(TokenKind.Inference);

        time.Advance(TimeSpan.FromDays(10_000));

        tokens.Accepts(TokenKind.Inference, $"Bearer {OwnKey}").ShouldBeTrue();
        tokens.Accepts(TokenKind.Inference, $"Bearer {OwnKey}2").ShouldBeTrue();
        tokens.Accepts(TokenKind.Management, $"Bearer {OwnKey}").ShouldBeFalse();
        tokens.Accepts(TokenKind.Inference, $"Bearer {generated}").ShouldBeFalse();
    }

    [Fact]
    public void Create_OwnKeysForBothListeners_WritesNone()
    {
        using Tokens tokens = Create(new AccessKeys([OwnKey], [OwnKey], []));

        File.Exists(KeyFile).ShouldBeFalse();
        tokens.KeyFile.ShouldBeNull();
        tokens.TryRenew(TokenKind.Inference).ShouldBeFalse();
        tokens.Accepts(TokenKind.Api, "Bearer ").ShouldBeFalse();
    }

    [Fact]
    public void Dispose_KeyFile_IsDeletedUnlessItIsAnothersByNow()
    {
        Create().Dispose();
        File.Exists(KeyFile).ShouldBeFalse();

        Tokens first = Create();
        using Tokens second = Create();
        first.Dispose();
        File.Exists(KeyFile).ShouldBeTrue();
    }

    [Fact]
    public void ToString_Keys_AreNotShown()
    {
        GeneratedKeys keys = GeneratedKeys.Create(time.GetUtcNow());

        keys.ToString().ShouldNotContain(keys.Inference.Text);
        new AccessKeys([OwnKey], [], []).ToString().ShouldNotContain(OwnKey);
    }

    public void Dispose() => folder.Dispose();

    private Tokens Create(AccessKeys? keys = null, string? file = null) =>
        new(new AccessSettings { NeedsTokens = true, TokenKeyFile = file ?? KeyFile, Keys = keys ?? AccessKeys.None }, time, NullLogger<Tokens>.Instance);

    private JsonElement Keys() => JsonDocument.Parse(File.ReadAllText(KeyFile)).RootElement;

    private string Key(TokenKind kind) =>
        Keys().GetProperty(kind switch { TokenKind.Inference => "inference", TokenKind.Management => "management", _ => "API" }).GetProperty("key").GetString()!;
}
