using Eisen.Serve.CommandLine;
using Eisen.Serve.Data;

namespace Eisen.Serve.Configuration;

/// <summary>What <c>eisen-serve config</c> prints.</summary>
internal static class ConfigAnswer
{
    private const string Masked = "***";
    private const int ValueWidth = 40;

    /// <summary>Answers.</summary>
    /// <returns>The exit code: 1 when there are mistakes in the settings.</returns>
    public static int Write(ServerOptions options, TextWriter output, TextWriter errors)
    {
        if (options.Question != ConfigQuestion.Print)
        {
            output.Write(options.Question == ConfigQuestion.Schema ? SettingText.Schema() : SettingText.Markdown());
            return 0;
        }

        SettingValues said = SettingValues.Gather(options);
        WriteLine(output, "key", "value", "from");
        foreach (Setting setting in SettingTable.All.Where(setting => setting.Use == SettingUse.Acts))
        {
            SettingValue? value = said.Find(setting.Key);
            WriteLine(output, setting.Key, Shown(setting, value?.Text), value?.Origin ?? "default");
        }

        foreach (string variable in EnvironmentVariables)
        {
            string? text = Environment.GetEnvironmentVariable(variable);
            WriteLine(output, variable, string.IsNullOrEmpty(text) ? "-" : AccessKeysReader.Variables.Contains(variable) ? Masked : text, string.IsNullOrEmpty(text) ? "default" : "environment");
        }

        return Check(options, errors);
    }

    /// <summary>Variables that are no settings.</summary>
    private static IEnumerable<string> EnvironmentVariables =>
        ["TS_CONFIG_FILE", "LOG_LOCATION", "METRICS_LOCATION", "EISEN_SERVE_RUN_DIR", TelemetrySettings.EndpointVariable, .. AccessKeysReader.Variables];

    private static int Check(ServerOptions options, TextWriter errors)
    {
        try
        {
            foreach (string warning in SettingsReader.Read(options).Warnings)
                errors.WriteLine($"eisen-serve: {warning}");
            return 0;
        }
        catch (UserMistakeException mistake)
        {
            errors.WriteLine($"eisen-serve: {mistake.Message}");
            return 1;
        }
    }

    private static string Shown(Setting setting, string? text) => (text ?? setting.Default) switch
    {
        null or "" => "-",
        _ when setting.IsSecret => Masked,
        string shown => PrintableText.Escaped(shown.ReplaceLineEndings(" ")),
    };

    private static void WriteLine(TextWriter output, string key, string value, string from) =>
        output.WriteLine($"{key,-28} {value.PadRight(ValueWidth)} {from}");
}
