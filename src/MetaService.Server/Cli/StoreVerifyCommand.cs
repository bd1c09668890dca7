using System.CommandLine;
using System.Diagnostics;
using MetaService.Maintenance.Copying;
using MetaService.Maintenance.Verification;
using MetaService.Server.Stores;
using MetaService.Storage;

namespace MetaService.Server.Cli;

/// <summary>
/// <c>metaservice store verify</c>: tells what is wrong in a store. Exit code 0: nothing, 1: something, 2: it cannot be read.
/// </summary>
internal static class StoreVerifyCommand
{
    private const string Name = "verify";

    private const int Sound = 0;
    private const int Defective = 1;
    private const int Failed = 2;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    private static readonly Option<bool> Json = new("--json") { Description = "Print a JSON object on each line." };

    private static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Print also how many keys of each type there are.",
    };

    public static Command Create()
    {
        var command = new Command(
            Name,
            "Read every key of a store and print what is wrong. Changes nothing. "
            + "Exit code 0: no defects, 1: defects, 2: the store cannot be read.");
        StoreSelection.AddTo(command);
        command.Options.Add(Json);
        command.Options.Add(Verbose);
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>The exit code of the program: a command line that makes no sense must not look like an answer of this command.</summary>
    /// <param name="exitCode">That of the command, or of the message about the command line.</param>
    public static int ExitCode(ParseResult arguments, int exitCode) =>
        arguments.CommandResult.Command.Name == Name && arguments.Errors.Count > 0 ? Failed : exitCode;

    private static Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken) => CommandFailure.ReportAsync(
        async () =>
        {
            var options = StoreSelection.Load(arguments);
            var time = TimeProvider.System;
            var store = await StoreFactory.OpenAsync(options, time, mustExist: true, cancellationToken).ConfigureAwait(false);
            await using var closing = store.ConfigureAwait(false);
            var runner = new TransactionRunner(store, time, options.Transactions);
            await StoreCopier.RequireFinishedAsync(runner, cancellationToken).ConfigureAwait(false);
            VerificationReport report = arguments.GetValue(Json)
                ? new JsonVerificationReport(Console.Out)
                : new TextVerificationReport(Console.Out, arguments.GetValue(Verbose));
            var verifier = new StoreVerifier(runner, time);
            var summary = await verifier.RunAsync(report.Write, Progress(), cancellationToken).ConfigureAwait(false);
            report.Write(summary);
            return summary.Defects == 0 ? Sound : Defective;
        },
        Failed);

    /// <summary>Tells on standard error how far it has come, every few seconds.</summary>
    private static Action<VerificationSummary> Progress()
    {
        var last = Stopwatch.GetTimestamp();
        return summary =>
        {
            if (Stopwatch.GetElapsedTime(last) >= ProgressInterval)
            {
                last = Stopwatch.GetTimestamp();
                Console.Error.WriteLine($"{summary.Keys} keys so far, {summary.Defects} defects");
            }
        };
    }
}
