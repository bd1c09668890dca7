using System.Diagnostics;
using FoundationDB.Client;

namespace MetaService.Storage.FoundationDb;

/// <summary>
/// The store on a FoundationDB cluster, which any number of servers may share. Semantics, limits and durability are the cluster's own;
/// this class only speaks to it.
/// </summary>
public sealed class FoundationDbKvStore : IKvStore
{
    private static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(200);

    private static readonly byte[] LeastVersionKey = [KvLimits.ReservedFirstByte, .. "/minRequiredCommitVersion"u8];

    private readonly IFdbDatabase _database;
    private readonly KeyPrefix _prefix;
    private readonly CancellationTokenSource _closing = new();

    private FoundationDbKvStore(IFdbDatabase database, KeyPrefix prefix)
    {
        _database = database;
        _prefix = prefix;
    }

    public string Kind => "foundationdb";

    public bool CommitsCanBeUnknown => true;

    /// <summary>Connects and waits until the cluster has answered a read.</summary>
    /// <exception cref="StoreOpenException">The settings are wrong, the native client is missing, or the cluster does not answer.</exception>
    public static async Task<FoundationDbKvStore> OpenAsync(
        FoundationDbKvStoreOptions options, CancellationToken cancellationToken = default)
    {
        var location = LocationOf(options);
        FoundationDbNetwork.Start(options);
        FoundationDbKvStore? store = null;
        try
        {
            var database = await Fdb.OpenAsync(ConnectionOf(options), cancellationToken).ConfigureAwait(false);
            store = new FoundationDbKvStore(database, new KeyPrefix(options.KeyPrefix));
            await store.ProbeAsync(location, options.StartTimeout, cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch (Exception e)
        {
            if (store is not null)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            if (e is FdbException or ArgumentException)
            {
                throw new StoreOpenException(location, $"the cluster cannot be used: {e.Message}", e);
            }

            throw;
        }
    }

    public IKvTransaction BeginTransaction() => new FoundationDbTransaction(Begin(FdbTransactionMode.Default), _prefix, this);

    public IKvReader BeginRead() => new FoundationDbReader(Begin(FdbTransactionMode.ReadOnly), _prefix);

    public async ValueTask<IReadOnlyList<byte[]>> GetRangeStartsAsync(CancellationToken cancellationToken = default)
    {
        var (first, afterLast) = _prefix.All;
        try
        {
            using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            var starts = await Fdb.System.GetBoundaryKeysAsync(_database, first.AsSlice(), afterLast.AsSlice(), cancelled.Token)
                .ConfigureAwait(false);
            // The range in which the keys of this store begin may begin with somebody else's.
            return [[], .. starts.Select(key => _prefix.Remove(key.Span)).Where(key => key.Length > 0)];
        }
        catch (FdbException e)
        {
            throw FoundationDbErrors.OfRead(e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Closed();
        }
    }

    /// <summary>
    /// Writes FoundationDB's own lower bound of commit versions, as fdbcli's <c>advanceversion</c> does; the cluster recovers once to take
    /// it up, which interrupts all its users for a moment.
    /// </summary>
    public async ValueTask RaiseVersionAsync(long version, CancellationToken cancellationToken = default)
    {
        while (await CurrentVersionAsync(cancellationToken).ConfigureAwait(false) <= version)
        {
            try
            {
                using var native = Begin(FdbTransactionMode.Default);
                native.Options.SetOption(FdbTransactionOption.AccessSystemKeys);
                native.Set(LeastVersionKey, BitConverter.GetBytes(version + 1));
                await native.CommitAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (FdbException e) when (FoundationDbErrors.Of(e.Code).Commit is KvError.CommitUnknown or KvError.Unavailable)
            {
                // The recovery that it brings about is the usual answer to this commit.
            }

            await Task.Delay(ProbePause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends reads and commits under way and leaves the cluster.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_closing.IsCancellationRequested)
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            _database.Dispose();
        }
    }

    internal static KvException Closed() => new(KvError.Unavailable, "the store is closed") { IsFinal = true };

    private IFdbTransaction Begin(FdbTransactionMode mode)
    {
        try
        {
            return _database.BeginTransaction(mode, _closing.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            throw Closed();
        }
        catch (FdbException e)
        {
            throw FoundationDbErrors.OfRead(e);
        }
    }

    private async Task<long> CurrentVersionAsync(CancellationToken cancellationToken)
    {
        using var reader = BeginRead();
        return await reader.GetReadVersionAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opening does not contact the cluster, so that a wrong address would show only in the first request.</summary>
    private async Task ProbeAsync(string location, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var reader = BeginRead();
                await reader.GetReadVersionAsync(cancellationToken).AsTask().WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (KvException e) when (e.InnerException is FdbException { Code: FdbError.ConnectionStringInvalid })
            {
                throw new StoreOpenException(
                    location, "the content of the cluster file is not of the form DESCRIPTION:ID@ADDRESS:PORT,...", e);
            }
            catch (Exception e) when (e is KvException or TimeoutException)
            {
                if (Stopwatch.GetElapsedTime(started) + ProbePause > timeout)
                {
                    throw new StoreOpenException(
                        location,
                        $"the cluster did not answer within {timeout.TotalSeconds} s ({e.Message}): check that the addresses of the "
                        + "coordinators are right and can be reached from here, that the cluster is up (fdbcli --exec status) and "
                        + "configured, that it is of version 7.3, and with TLS that each side accepts the other's certificate",
                        e);
                }
            }

            await Task.Delay(ProbePause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static FdbConnectionOptions ConnectionOf(FoundationDbKvStoreOptions options)
    {
        var file = string.IsNullOrEmpty(options.ConnectionString) ? Path.GetFullPath(options.ClusterFile) : null;
        if (file is not null && !File.Exists(file))
        {
            throw new StoreOpenException(
                file,
                "there is no such cluster file: name it in FoundationDb:ClusterFile (--cluster-file), or give its content in "
                + "FoundationDb:ConnectionString");
        }

        return new FdbConnectionOptions
        {
            ClusterFile = file,
            ConnectionString = file is null ? options.ConnectionString!.Trim() : null,
            DefaultTimeout = options.Timeout,
        };
    }

    private static string LocationOf(FoundationDbKvStoreOptions options) =>
        string.IsNullOrEmpty(options.ConnectionString) ? $"foundationdb:{options.ClusterFile}" : "foundationdb";
}
