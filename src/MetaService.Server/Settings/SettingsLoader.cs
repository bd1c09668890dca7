namespace MetaService.Server.Settings;

/// <summary>Reads the settings from file, environment and command line.</summary>
public static class SettingsLoader
{
    private const string EnvironmentPrefix = "METASERVICE__";

    /// <summary>Builds the options.</summary>
    /// <param name="configFile">A JSON file of settings, or null for an optional <c>appsettings.json</c> beside the program.</param>
    /// <param name="commandLine">Settings given on the command line, by name.</param>
    /// <exception cref="SettingsException">The file or a value cannot be read.</exception>
    public static ServerOptions Load(string? configFile, IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        try
        {
            var builder = new ConfigurationBuilder();
            if (configFile is null)
            {
                builder.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
            }
            else
            {
                builder.AddJsonFile(Path.GetFullPath(configFile), optional: false);
            }

            var configuration = builder.AddEnvironmentVariables(EnvironmentPrefix).AddInMemoryCollection(commandLine).Build();
            var options = new ServerOptions();
            configuration.Bind(options);
            return options;
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException or InvalidOperationException)
        {
            throw new SettingsException($"the settings cannot be read: {e.Message}");
        }
    }
}
