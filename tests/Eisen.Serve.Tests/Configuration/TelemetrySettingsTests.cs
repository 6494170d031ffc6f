using Eisen.Serve.Configuration;

namespace Eisen.Serve.Tests.Configuration;

[Collection(EnvironmentCollection.Name)]
public sealed class TelemetrySettingsTests
{
    private const string Endpoint = "http://collector:4317";

    private readonly List<string> mistakes = [];

    [Fact]
    public void Read_NoEndpoint_IsOff() => Read().IsOn.ShouldBeFalse();

    [Fact]
    public void Read_Endpoint_SendsBoth()
    {
        TelemetrySettings settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint));

        (settings.SendsTraces, settings.SendsMetrics, settings.Collector).ShouldBe((true, true, Endpoint));
    }

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "none", false, true)]
    [InlineData("OTEL_METRICS_EXPORTER", "none", true, false)]
    [InlineData("OTEL_METRICS_EXPORTER", "", true, true)]
    [InlineData("OTEL_SDK_DISABLED", "true", false, false)]
    public void Read_SignalSwitchedOff_SendsTheOther(string variable, string value, bool traces, bool metrics)
    {
        TelemetrySettings settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint), (variable, value));

        (settings.SendsTraces, settings.SendsMetrics).ShouldBe((traces, metrics));
        mistakes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "must be a collector's address, such as http://127.0.0.1:4317, not 'collector:4317'")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector", "must be a collector's address, such as http://127.0.0.1:4317, not 'ftp://collector'")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:secret@collector:4317", "must hold no name and password; say OTEL_EXPORTER_OTLP_HEADERS=\"Authorization=Basic ...\"")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "must be grpc or http/protobuf, not 'http/json'")]
    [InlineData("OTEL_TRACES_EXPORTER", "console", "must be otlp or none, not 'console'")]
    public void Read_WhatCannotBe_SaysWhatIsRight(string variable, string value, string mistake)
    {
        Read(("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint), (variable, value));

        mistakes.ShouldBe([$"{variable} {mistake}"]);
    }

    private TelemetrySettings Read(params (string Name, string? Value)[] variables)
    {
        using EnvironmentVariables environment = new(
            [("OTEL_EXPORTER_OTLP_ENDPOINT", null), ("OTEL_EXPORTER_OTLP_PROTOCOL", null), ("OTEL_TRACES_EXPORTER", null), ("OTEL_METRICS_EXPORTER", null), ("OTEL_SDK_DISABLED", null)]);
        using EnvironmentVariables ours = new(variables);
        return TelemetrySettings.Read(mistakes.Add);
    }
}
