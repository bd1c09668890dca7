using MetaService.ApiTests.Canary;

#pragma warning disable CA1050 // The runtime looks for this name in no namespace.

/// <summary>
/// Runs inside a server process before the server does (DOTNET_STARTUP_HOOKS) and writes down what the process emits.
/// </summary>
internal static class StartupHook
{
    /// <summary>Environment variable with the file to write to, each different text on a line of its own, after its channel.</summary>
    public const string FileVariable = "DOTNET_CANARY_FILE";

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is not { } file)
        {
            return;
        }

        var emissions = new Emissions();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.WriteAllLines(file, emissions.Lines);
    }
}
