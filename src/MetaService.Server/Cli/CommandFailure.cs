using MetaService.Maintenance.Copying;
using MetaService.Security;
using MetaService.Server.Settings;
using MetaService.Storage;

namespace MetaService.Server.Cli;

/// <summary>How a command ends that circumstances do not allow: with a sentence on the error stream, not with a stack trace.</summary>
public static class CommandFailure
{
    /// <summary>What shells answer for a command that Ctrl+C has ended.</summary>
    private const int Interrupted = 130;

    /// <summary>Runs a command and returns its exit code: 0, or 1 after a failure by circumstance, or 130 when it was told to stop.</summary>
    public static Task<int> ReportAsync(Func<Task> command) => ReportAsync(
        async () =>
        {
            await command().ConfigureAwait(false);
            return 0;
        },
        failed: 1);

    /// <summary>Runs a command whose exit code is an answer, and returns it, or 130 when it was told to stop.</summary>
    /// <param name="failed">The exit code after a failure by circumstance.</param>
    public static async Task<int> ReportAsync(Func<Task<int>> command, int failed)
    {
        try
        {
            return await command().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SettingsException or SecretKeyException or StoreOpenException or StoreCopyException
            or KvException or HealthException or IOException)
        {
            await Console.Error.WriteLineAsync($"metaservice: {e.Message}").ConfigureAwait(false);
            return failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("metaservice: stopped").ConfigureAwait(false);
            return Interrupted;
        }
    }
}
