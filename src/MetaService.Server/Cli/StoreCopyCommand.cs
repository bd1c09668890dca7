using System.CommandLine;
using System.Globalization;
using MetaService.Domain.Secrets;
using MetaService.Maintenance.Copying;
using MetaService.Storage;
using MetaService.Storage.RocksDb;

namespace MetaService.Server.Cli;

/// <summary><c>metaservice store copy</c>: moves a store to another place or another kind of store.</summary>
public static class StoreCopyCommand
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var from = new Option<string>("--from")
        {
            Description = "The store to copy: rocksdb:DIR or foundationdb:CLUSTER_FILE.",
            Required = true,
        };
        var to = new Option<string>("--to") { Description = "The store to fill, which must be empty.", Required = true };
        var fromPrefix = new Option<string?>("--from-prefix") { Description = "Key prefix of the source in its cluster." };
        var toPrefix = new Option<string?>("--to-prefix") { Description = "Key prefix of the target in its cluster." };
        var restart = new Option<bool>("--restart")
        {
            Description = "Begin again instead of going on where an earlier copy into the same target was cut off.",
        };
        var raise = new Option<bool>("--raise-version")
        {
            Description = "Let the commit versions of a FoundationDB target jump above those of the source; the cluster recovers once for it.",
        };
        var config = new Option<string?>("--config") { Description = "JSON file with settings, as for serve." };
        var command = new Command("copy", "Copy a store into an empty one, check the copy, and go on if cut off.")
        {
            from, to, fromPrefix, toPrefix, restart, raise, config,
        };
        command.SetAction((arguments, cancellationToken) => CommandFailure.ReportAsync(async () =>
        {
            var source = StoreLocation.Parse(from.Name, arguments.GetRequiredValue(from), arguments.GetValue(fromPrefix));
            var target = StoreLocation.Parse(to.Name, arguments.GetRequiredValue(to), arguments.GetValue(toPrefix));
            var options = new StoreCopyOptions(arguments.GetValue(restart), !target.IsShared || arguments.GetValue(raise));
            await CopyAsync(source, target, options, arguments.GetValue(config), cancellationToken).ConfigureAwait(false);
        }));
        return command;
    }

    private static async Task CopyAsync(
        StoreLocation from, StoreLocation to, StoreCopyOptions options, string? config, CancellationToken cancellationToken)
    {
        var sourceStore = await from.OpenAsync(config, mustExist: true, cancellationToken).ConfigureAwait(false);
        await using var closeSource = sourceStore.ConfigureAwait(false);
        var targetStore = await to.OpenAsync(config, mustExist: false, cancellationToken).ConfigureAwait(false);
        await using var closeTarget = targetStore.ConfigureAwait(false);

        var copier = new StoreCopier(Runner(sourceStore), Runner(targetStore), options);
        var reporter = new Reporter();
        var done = await copier.CopyAsync(reporter.Report, cancellationToken).ConfigureAwait(false);
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"copied and verified {done.Pairs:N0} pairs, {done.Bytes:N0} bytes\nchecksum {done.Checksum}")).ConfigureAwait(false);
        await RemindOfKeysAsync(to, targetStore, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Secrets are copied as they are, sealed; the keys are no part of a store.</summary>
    private static async Task RemindOfKeysAsync(StoreLocation to, IKvStore targetStore, CancellationToken cancellationToken)
    {
        var ids = await SecretKeys.IdsInUseAsync(Runner(targetStore), cancellationToken).ConfigureAwait(false);
        if (ids.Count > 0)
        {
            var where = to.IsShared
                ? "name its file on each server in the setting Secrets:KeyFile"
                : $"put its file into the target as {Path.Combine(to.Path, RocksDbKvStoreOptions.KeyFileName)}, "
                    + "or name it in the setting Secrets:KeyFile";
            await Console.Out.WriteLineAsync(
                $"the target needs the keys of the source, key {string.Join(", ", ids)}: {where}").ConfigureAwait(false);
        }
    }

    private static TransactionRunner Runner(IKvStore store) =>
        new(store, TimeProvider.System, new TransactionRunnerOptions { Deadline = TimeSpan.FromMinutes(1) });

    /// <summary>Tells on the error stream how far the copy is: where it begins, after the first batch, and every now and then.</summary>
    private sealed class Reporter
    {
        private readonly TimeProvider _time = TimeProvider.System;
        private bool _begun;
        private long? _last;

        public void Report(StoreCopyStatus status)
        {
            if (!_begun)
            {
                _begun = true;
                if (status.Pairs > 0)
                {
                    Write($"going on after {status.Pairs:N0} pairs");
                }
            }
            else if (_last is null || _time.GetElapsedTime(_last.Value) >= ReportInterval)
            {
                _last = _time.GetTimestamp();
                Write(status.Verified > 0
                    ? (FormattableString)$"{status.Verified:N0} of {status.Pairs:N0} pairs verified"
                    : $"{status.Pairs:N0} pairs copied, {status.Bytes / 1_000_000:N0} MB");
            }
        }

        private static void Write(FormattableString text) => Console.Error.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }
}
