using System.Text;
using System.Text.Json.Nodes;

namespace Eisen.Serve.Archive.Tests.Configuration;

public sealed class ModelConfigReaderTests
{
    private static readonly ArchiveSource Source = new("m.mar", new ArchiveLimits());

    [Fact]
    public void Read_EverySetting_IsTyped()
    {
        ModelConfigFile config = Read(
            """
            # A comment
            minWorkers: 1
            maxWorkers: 2
            batchSize: 4
            maxBatchDelay: 200
            responseTimeout: 60
            startupTimeout: 90
            jobQueueSize: 7
            maxRetryTimeoutInSec: 5
            deviceType: "gpu"
            deviceIds: [0, 1]
            parallelType: pp
            handler:
              answer: 42
              names: [a, b]
            """);

        config.MinWorkers.ShouldBe(1);
        config.MaxWorkers.ShouldBe(2);
        config.BatchSize.ShouldBe(4);
        config.MaxBatchDelay.ShouldBe(200);
        config.ResponseTimeout.ShouldBe(60);
        config.StartupTimeout.ShouldBe(90);
        config.JobQueueSize.ShouldBe(7);
        config.MaxRetryTimeoutInSec.ShouldBe(5);
        config.DeviceType.ShouldBe("gpu");
        config.DeviceIds.ShouldBe([0, 1]);
        config.Handler.ToJsonString().ShouldBe("""{"answer":42,"names":["a","b"]}""");
        config.All["parallelType"]!.GetValue<string>().ShouldBe("pp");
        config.All["handler"].ShouldBeSameAs(config.Handler);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n")]
    [InlineData("{}")]
    [InlineData("minWorkers:\nhandler: ~\n")]
    public void Read_NothingSet_IsAllNull(string yaml)
    {
        ModelConfigFile config = Read(yaml);

        config.MinWorkers.ShouldBeNull();
        config.DeviceIds.ShouldBeNull();
        config.Handler.ShouldBeEmpty();
    }

    [Fact]
    public void Read_ManyMistakes_AreAllReported()
    {
        string yaml =
            """
            minWorkers: -1
            maxWorkers: many
            batchSize: 0
            maxBatchDelay: 1.0
            responseTimeout: "60"
            startupTimeout: [1]
            jobQueueSize: 99999999999
            deviceType: 1
            deviceIds: [0, x]
            maxRetryTimeoutInSec: true
            handler: text
            """;

        Refusal(yaml).ShouldBe(
            "m.mar: model-config.yaml: minWorkers must be a whole number from 0 to 1024, not -1; "
            + "maxWorkers must be a whole number from 0 to 1024, not 'many'; "
            + "batchSize must be a whole number from 1 to 1000000, not 0; "
            + "maxBatchDelay must be a whole number from 0 to 2147483647, not 1.0; "
            + "responseTimeout must be a whole number from 1 to 2147483647, not '60'; "
            + "startupTimeout must be a whole number from 1 to 2147483647, not a list; "
            + "jobQueueSize must be a whole number from 1 to 1000000, not 99999999999; "
            + "deviceType must be a text, not 1; "
            + "deviceIds must have whole numbers from 0 to 1024, not 'x'; "
            + "maxRetryTimeoutInSec must be a whole number from 0 to 2147483647, not true; "
            + "handler must be a map, not 'text'.");
    }

    [Theory]
    [InlineData("minWorkers: 3\nmaxWorkers: 2", "maxWorkers (2) must not be less than minWorkers (3).")]
    [InlineData("deviceIds: 1", "deviceIds must be a list of whole numbers, not 1.")]
    [InlineData("deviceIds: [~]", "deviceIds must have whole numbers from 0 to 1024, not null.")]
    [InlineData("- a", "it must be a map of settings, not a list.")]
    [InlineData("just text", "it must be a map of settings, not 'just text'.")]
    public void Read_Mistake_IsNamed(string yaml, string fault) => Refusal(yaml).ShouldBe("m.mar: model-config.yaml: " + fault);

    [Theory]
    [InlineData("a: &x 1", "anchors")]
    [InlineData("a: &x [1]\nb: *x", "anchors")]
    [InlineData("*x : 1", "aliases")]
    [InlineData("a: *x", "aliases")]
    [InlineData("&x a: 1", "anchors")]
    [InlineData("a: !!python/object/apply:os.system [ls]", "tags")]
    [InlineData("a: !!str 1", "tags")]
    [InlineData("a: ! 1", "tags")]
    [InlineData("!x {a: 1}", "tags")]
    [InlineData("a: 1\n---\nb: 1", "more than one document")]
    [InlineData("a: 1\n---\n", "more than one document")]
    [InlineData("a: 1\na: 2", "'a' occurs twice")]
    [InlineData("x: {1: a, \"1\": b}", "'1' occurs twice")]
    [InlineData("? [a]\n: b", "a key must be a text")]
    [InlineData("<<: {a: 1}", "merge keys")]
    [InlineData("a: .inf", "'.inf' is not a finite number")]
    [InlineData("a: -.INF", "is not a finite number")]
    [InlineData("a: .nan", "is not a finite number")]
    [InlineData("a: 99999999999999999999", "does not fit into 64 bits")]
    [InlineData("a: \"\\ud800\"", "line 1")]
    [InlineData("a: [1", "did not find expected")]
    [InlineData("a: \"\n", "unexpected end of stream")]
    [InlineData("a: b: c", "line 1")]
    [InlineData("a: @b", "line 1")]
    [InlineData("a: 1\nb: [c: d,\ne: f]", "it is not valid YAML from line 2 on")]
    [InlineData("a: \"\\UFFFFFFFF\"", "")]
    public void Read_YamlThatIsRefused_NamesTheReason(string yaml, string reason) => Refusal(yaml).ShouldContain(reason);

    [Fact]
    public void Read_BillionLaughs_ExpandsNothing() =>
        Refusal("a: &a [x, x]\nb: &b [*a, *a]").ShouldBe(
            "m.mar: model-config.yaml: line 1: anchors ('&name') are not supported; line 2: anchors ('&name') are not supported; "
            + "line 2: aliases ('*name') are not supported; line 2: aliases ('*name') are not supported.");

    [Fact]
    public void Read_SeveralFaultsInTheYaml_AreAllToldWithTheValues() =>
        Refusal("minWorkers: none\na: !x 1\n<<: {batchSize: 3}\nb: .inf\nb: 2\n? [c, {d: e}]\n: f\nbatchSize: 0\n").ShouldBe(
            "m.mar: model-config.yaml: line 2: tags ('!name') are not supported; line 3: merge keys ('<<') are not supported; "
            + "line 4: '.inf' is not a finite number; put it in quotes if it is a text; line 5: the key 'b' occurs twice; "
            + "line 6: a key must be a text; minWorkers must be a whole number from 0 to 1024, not 'none'; "
            + "batchSize must be a whole number from 1 to 1000000, not 0.");

    [Fact]
    public void Read_FaultsBeforeTheYamlEnds_AreToldWithThat() =>
        Refusal("a: !x 1\nb: [1").ShouldStartWith("m.mar: model-config.yaml: line 1: tags ('!name') are not supported; line 3: ");

    [Fact]
    public void Read_VeryManyFaults_AreToldUpToABound()
    {
        string refusal = Refusal(string.Concat(Enumerable.Range(1, 100_000).Select(i => $"k{i}: !x 1\n")));

        refusal.ShouldEndWith("line 20: tags ('!name') are not supported; line 21: more is wrong from here on.");
    }

    [Theory]
    [InlineData("minWorker: 2", "'minWorker' is not known to the server; did you mean 'minWorkers'?")]
    [InlineData("BatchSize: 2", "'BatchSize' is not known to the server; did you mean 'batchSize'?")]
    [InlineData("maxBatchDelays: 2\nresponseTimeout: 3", "'maxBatchDelays' is not known to the server; did you mean 'maxBatchDelay'?")]
    public void Read_KeyThatIsNearlyKnown_IsWarnedOf(string yaml, string warning) => Read(yaml).Warnings.ShouldBe(["model-config.yaml: " + warning]);

    [Theory]
    [InlineData("minWorkers: 2\ndeviceIds: [0]\npython: /usr/bin/python3\nhandler: {minWorker: 1}")]
    [InlineData("torchrun: {nproc-per-node: 4}\npippy: {rank: 1}\nparallelType: tp\nmicro_batching: {size: 1}\nmodel_name: x\ntimeout: 3\nworkers: 2")]
    [InlineData("handler: {a: 1}\nhandlers: {b: 1}")]
    public void Read_KnownKeysAndThoseOfHandlers_AreNotWarnedOf(string yaml) => Read(yaml).Warnings.ShouldBeEmpty();

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Read_DeepNesting_IsRefused(string level) =>
        Refusal("a: " + (level is "- " or "? " ? "\n" : "") + string.Concat(Enumerable.Repeat(level, 20_000))).ShouldStartWith("m.mar: model-config.yaml: ");

    [Fact]
    public void Read_32Levels_AreAllowed()
    {
        Read("a: " + new string('[', 31) + new string(']', 31)).All.Count.ShouldBe(1);
        Refusal("a: " + new string('[', 32) + new string(']', 32)).ShouldContain("more than 32 levels are not allowed");
    }

    [Fact]
    public void Read_NotUtf8_IsRefused()
    {
        Should.Throw<ArchiveException>(() => ModelConfigReader.Read(Source, "c.yaml", new byte[] { (byte)'a', 0xFF }))
            .Message.ShouldBe("m.mar: c.yaml: it is not UTF-8 text.");
    }

    [Fact]
    public void Open_LargeConfig_IsRefused()
    {
        using ArchiveFolder folder = new();
        byte[] zip = ArchiveFolder.Zip(
            ("MAR-INF/MANIFEST.json", """{"model":{"modelName":"m","modelVersion":"1","configFile":"c.yaml"}}"""),
            ("c.yaml", new string('#', (1 << 20) + 1)));

        folder.Refusal("m.mar", zip).ShouldBe("m.mar: c.yaml is larger than the 1048576 bytes that are allowed.");
    }

    [Theory]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("NULL", "null")]
    [InlineData("yes", "true")]
    [InlineData("On", "true")]
    [InlineData("FALSE", "false")]
    [InlineData("off", "false")]
    [InlineData("y", "\"y\"")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("\"yes\"", "\"yes\"")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("12", "12")]
    [InlineData("+1_000", "1000")]
    [InlineData("-7", "-7")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("0o17", "\"0o17\"")]
    [InlineData("017", "15")]
    [InlineData("08", "\"08\"")]
    [InlineData("1:30", "90")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1.5", "1.5")]
    [InlineData("2.", "2.0")]
    [InlineData(".5", "0.5")]
    [InlineData("-1_0.5e+2", "-1050.0")]
    [InlineData("1:30.5", "90.5")]
    [InlineData("1e5", "\"1e5\"")]
    [InlineData("1.0e5", "\"1.0e5\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("2026-11-22", "\"2026-11-22\"")]
    [InlineData("-", "[null]")]
    [InlineData("--", "\"--\"")]
    [InlineData("+-", "\"\\u002B-\"")]
    [InlineData(".", "\".\"")]
    [InlineData("|\n  a\n  b\n", "\"a\\nb\\n\"")]
    public void Read_Scalars_MeanWhatPyYamlReads(string written, string json)
    {
        JsonObject all = Read("x:\n  " + written).All;

        (all["x"]?.ToJsonString() ?? "null").ShouldBe(json);
    }

    private static ModelConfigFile Read(string yaml) =>
        ModelConfigReader.Read(Source, "model-config.yaml", Encoding.UTF8.GetBytes(yaml));

    private static string Refusal(string yaml)
    {
        string message = Should.Throw<ArchiveException>(() => Read(yaml)).Message;
        message.Any(char.IsControl).ShouldBeFalse();
        return message;
    }
}
