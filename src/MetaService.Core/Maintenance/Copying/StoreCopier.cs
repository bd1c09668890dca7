using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Maintenance.Copying;

/// <summary>How to copy.</summary>
/// <param name="Restart">Whether to remove what an earlier, unfinished copy has left in the target instead of going on from there.</param>
/// <param name="MayRaiseVersion">Whether the versions of the target may be made to jump above those of the source.</param>
public sealed record StoreCopyOptions(bool Restart = false, bool MayRaiseVersion = true);

/// <summary>How far a copy is, or what it has done.</summary>
/// <param name="Pairs">Pairs copied, those of an earlier run included.</param>
/// <param name="Bytes">Their keys and values.</param>
/// <param name="Checksum">Over all of them, in key order.</param>
/// <param name="Verified">Pairs that were read back; all of them in the end.</param>
public sealed record StoreCopyStatus(long Pairs, long Bytes, string Checksum, long Verified = 0);

/// <summary>A copy that cannot be made as it is; the message says what to do.</summary>
public sealed class StoreCopyException(string message) : Exception(message);

/// <summary>
/// Copies the content of one store into another that is empty. The progress is kept in the target, in the transaction that writes each
/// batch, so that a copy that was cut off goes on where it was, and no server takes a half-filled store for a whole one.
/// </summary>
public sealed class StoreCopier(TransactionRunner source, TransactionRunner target, StoreCopyOptions options)
{
    /// <summary>Bytes after which a batch is committed: a tenth of what a transaction may hold.</summary>
    private const int BatchBytes = 1_000_000;

    private static readonly byte[] First = [];
    private static readonly byte[] AfterLast = [KvLimits.ReservedFirstByte];

    /// <summary>Whether a store holds a copy that is not finished.</summary>
    public static Task<bool> IsUnfinishedAsync(TransactionRunner store, CancellationToken cancellationToken = default) =>
        store.ReadAsync(
            async (reader, token) =>
                await reader.GetAsync(Key.CopyProgress(), cancellationToken: token).ConfigureAwait(false) is not null,
            cancellationToken);

    /// <summary>Refuses a store that holds a copy which is not finished.</summary>
    /// <exception cref="StoreOpenException">It does.</exception>
    public static async Task RequireFinishedAsync(TransactionRunner store, CancellationToken cancellationToken = default)
    {
        if (await IsUnfinishedAsync(store, cancellationToken).ConfigureAwait(false))
        {
            throw new StoreOpenException(
                store.Store.Kind,
                "the store holds a copy of another one that was not finished; run 'metaservice store copy' to its end first");
        }
    }

    /// <summary>Copies, reads the copy back and compares.</summary>
    /// <param name="report">Told after each batch.</param>
    /// <exception cref="StoreCopyException">
    /// The target is not empty, the source changed, the versions do not allow it, or the copy differs.
    /// </exception>
    /// <exception cref="KvException">A store cannot be reached.</exception>
    public async Task<StoreCopyStatus> CopyAsync(Action<StoreCopyStatus> report, CancellationToken cancellationToken = default)
    {
        var progress = await BeginAsync(cancellationToken).ConfigureAwait(false);
        var checksum = new StoreChecksum(progress.Checksum.Span);
        report(StatusOf(progress, checksum));
        await foreach (var page in StoreContent.ReadAsync(source, progress.CopiedThrough.ToByteArray(), cancellationToken).ConfigureAwait(false))
        {
            foreach (var batch in Batches(page))
            {
                batch.ForEach(checksum.Add);
                progress.CopiedThrough = ByteString.CopyFrom(batch[^1].Key);
                progress.Pairs += batch.Count;
                progress.Bytes += batch.Sum(SizeOf);
                progress.Checksum = ByteString.CopyFrom(checksum.State);
                await WriteAsync(batch, progress, cancellationToken).ConfigureAwait(false);
                report(StatusOf(progress, checksum));
            }
        }

        await ThrowIfSourceChangedAsync(progress, cancellationToken).ConfigureAwait(false);
        await VerifyAsync(target, "copy", progress, checksum, report, cancellationToken).ConfigureAwait(false);
        if (source.Store.CommitsCanBeUnknown)
        {
            // Others than servers of this kind may have written to it, which leaves no trace but the change.
            await VerifyAsync(source, "source", progress, checksum, _ => { }, cancellationToken).ConfigureAwait(false);
        }

        await target.RunAsync(
            (transaction, _) =>
            {
                transaction.Clear(Key.CopyProgress());
                return ValueTask.FromResult(true);
            },
            cancellationToken).ConfigureAwait(false);
        return StatusOf(progress, checksum) with { Verified = progress.Pairs };
    }

    /// <summary>Where to go on, or where to begin.</summary>
    private async Task<CopyProgressPB> BeginAsync(CancellationToken cancellationToken)
    {
        if (await IsUnfinishedAsync(source, cancellationToken).ConfigureAwait(false))
        {
            throw new StoreCopyException("the source is itself a copy that was not finished; finish that one first");
        }

        var progress = await target.ReadAsync(
            async (reader, token) => await reader.GetAsync(Key.CopyProgress(), cancellationToken: token).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        if (progress is not null && !options.Restart)
        {
            await ThrowIfSourceChangedAsync(progress, cancellationToken).ConfigureAwait(false);
            return progress;
        }

        if (progress is null && await HoldsAnythingAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new StoreCopyException("the target is not empty; choose an empty store, so that nothing in it is overwritten");
        }

        progress = new CopyProgressPB
        {
            SourceVersion = await StoreContent.VersionAsync(source, cancellationToken).ConfigureAwait(false),
            CopiedThrough = ByteString.Empty,
            Pairs = 0,
            Bytes = 0,
            Checksum = ByteString.CopyFrom(new StoreChecksum().State),
        };
        await RaiseVersionAsync(progress.SourceVersion, cancellationToken).ConfigureAwait(false);
        await target.RunAsync(
            (transaction, _) =>
            {
                transaction.ClearRange(First, AfterLast);
                transaction.Set(Key.CopyProgress(), progress);
                return ValueTask.FromResult(true);
            },
            cancellationToken).ConfigureAwait(false);
        return progress;
    }

    /// <summary>
    /// The ids of transactions are made of commit versions and say which one is older. The target must go on above the source.
    /// </summary>
    private async Task RaiseVersionAsync(long sourceVersion, CancellationToken cancellationToken)
    {
        var version = await StoreContent.VersionAsync(target, cancellationToken).ConfigureAwait(false);
        if (version > sourceVersion)
        {
            return;
        }

        if (!options.MayRaiseVersion)
        {
            throw new StoreCopyException(
                $"the commit versions of the target ({version}) are below those of the source ({sourceVersion}), so that new "
                + "transactions would get ids below the old ones; add --raise-version to make them jump, which interrupts all users of "
                + "the target for a few seconds");
        }

        await target.Store.RaiseVersionAsync(sourceVersion, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteAsync(List<KvPair> batch, CopyProgressPB progress, CancellationToken cancellationToken) =>
        await target.RunAsync(
            (transaction, _) =>
            {
                batch.ForEach(pair => transaction.Set(pair.Key, pair.Value));
                transaction.Set(Key.CopyProgress(), progress);
                return ValueTask.FromResult(true);
            },
            cancellationToken).ConfigureAwait(false);

    private async Task ThrowIfSourceChangedAsync(CopyProgressPB progress, CancellationToken cancellationToken)
    {
        if (await StoreContent.HasChangedSinceAsync(source, progress.SourceVersion, cancellationToken).ConfigureAwait(false))
        {
            throw new StoreCopyException(
                "the source was written to since the copy began, so that the copy would be of no one state; stop all servers on it and "
                + "begin again with --restart");
        }
    }

    private static async Task VerifyAsync(
        TransactionRunner store,
        string what,
        CopyProgressPB progress,
        StoreChecksum expected,
        Action<StoreCopyStatus> report,
        CancellationToken cancellationToken)
    {
        var found = new StoreChecksum();
        var pairs = 0L;
        await foreach (var page in StoreContent.ReadAsync(store, First, cancellationToken).ConfigureAwait(false))
        {
            foreach (var pair in page)
            {
                found.Add(pair);
            }

            pairs += page.Count;
            report(StatusOf(progress, expected) with { Verified = pairs });
        }

        if (pairs != progress.Pairs || !found.State.SequenceEqual(expected.State))
        {
            throw new StoreCopyException(
                $"the {what}, read again, differs from what was copied: {pairs} pairs with checksum {found} instead of {progress.Pairs} "
                + $"with {expected}; somebody else wrote to it, or a disk is damaged: begin again with --restart");
        }
    }

    private async Task<bool> HoldsAnythingAsync(CancellationToken cancellationToken)
    {
        await foreach (var page in StoreContent.ReadAsync(target, First, cancellationToken).ConfigureAwait(false))
        {
            if (page.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<List<KvPair>> Batches(IReadOnlyList<KvPair> page)
    {
        var batch = new List<KvPair>();
        var bytes = 0;
        foreach (var pair in page)
        {
            batch.Add(pair);
            bytes += SizeOf(pair);
            if (bytes >= BatchBytes)
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private static int SizeOf(KvPair pair) => pair.Key.Length + pair.Value.Length;

    private static StoreCopyStatus StatusOf(CopyProgressPB progress, StoreChecksum checksum) =>
        new(progress.Pairs, progress.Bytes, checksum.ToString());
}
