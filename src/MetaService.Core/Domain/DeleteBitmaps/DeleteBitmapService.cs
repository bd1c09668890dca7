using Google.Protobuf;
using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.DeleteBitmaps;

/// <summary>
/// Stores which rows of a merge-on-write tablet newer versions have replaced: a bitmap per rowset, segment and version.
/// </summary>
public sealed class DeleteBitmapService(TransactionRunner runner)
{
    private const long FirstStoreVersion = 1;

    // What one transaction writes of an update: a chunked bitmap adds its keys to this.
    private const int BatchBytes = 6_000_000;

    /// <summary>
    /// Writes bitmaps. Those of a load whose last attempt came to nothing are removed first; a later part of an explicit
    /// transaction adds to the earlier ones instead. Up to 6 MB are one transaction. More are written in such steps, each under
    /// the lock: the bitmaps of an update that ends halfway belong to versions that are not visible, and a load's next attempt
    /// removes them.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or lists differ in length; LOCK_EXPIRED: the lock is not held any
    /// more.
    /// </exception>
    public async Task<UpdateDeleteBitmapResponse> UpdateDeleteBitmapAsync(
        UpdateDeleteBitmapRequest request, CancellationToken cancellationToken)
    {
        CheckUpdate(request);
        var isFirst = true;
        foreach (var batch in Batches(request))
        {
            var preparesLoad = isFirst && request.LockId > 0 && !request.WithoutLock;
            await runner.ChangeDataAsync(
                request.CloudUniqueId,
                async (transaction, instance, token) =>
                {
                    var instanceId = instance.InstanceId;
                    if (!request.WithoutLock)
                    {
                        await DeleteBitmapLocks.RequireAsync(
                            transaction, instanceId, request.TableId, request.LockId, request.Initiator, token)
                                .ConfigureAwait(false);
                    }

                    if (preparesLoad)
                    {
                        await PrepareLoadAsync(transaction, instanceId, request, token).ConfigureAwait(false);
                    }

                    foreach (var i in batch)
                    {
                        transaction.Set(KeyOf(instanceId, request, i), request.SegmentDeleteBitmaps[i].Memory);
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            isFirst = false;
        }

        return new UpdateDeleteBitmapResponse();
    }

    /// <summary>
    /// The bitmaps of rowsets in ranges of versions, both ends included. With dbm_bytes_threshold it stops after the rowset that
    /// reaches it and says so.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or lists differ in length; ROWSETS_EXPIRED: the tablet named in idx
    /// was compacted since the counts in the request; TABLET_NOT_FOUND.
    /// </exception>
    public Task<GetDeleteBitmapResponse> GetDeleteBitmapAsync(GetDeleteBitmapRequest request, CancellationToken cancellationToken)
    {
        CheckRanges(request.TabletId, request.RowsetIds, request.BeginVersions, request.EndVersions);
        RequireFirstStoreVersion(request.HasStoreVersion, request.StoreVersion);
        return runner.ReadDataAsync(
            request.CloudUniqueId,
            (reader, instanceId, token) => ReadAsync(reader, instanceId, request, token),
            cancellationToken);
    }

    /// <summary>Removes the bitmaps of rowsets in ranges of versions, both ends included.</summary>
    /// <exception cref="MetaServiceException">INVALID_ARGUMENT: a field is missing or out of range, or lists differ in
    /// length.</exception>
    public Task<RemoveDeleteBitmapResponse> RemoveDeleteBitmapAsync(
        RemoveDeleteBitmapRequest request, CancellationToken cancellationToken)
    {
        CheckRanges(request.TabletId, request.RowsetIds, request.BeginVersions, request.EndVersions);
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            (transaction, instance, _) =>
            {
                for (var i = 0; i < request.RowsetIds.Count; i++)
                {
                    transaction.ClearRange(KeyRanges.DeleteBitmaps(
                        instance.InstanceId, request.TabletId, request.RowsetIds[i], request.BeginVersions[i],
                        request.EndVersions[i]));
                }

                return ValueTask.FromResult(new RemoveDeleteBitmapResponse());
            },
            cancellationToken);
    }

    private static async ValueTask PrepareLoadAsync(
        IKvTransaction transaction, string instanceId, UpdateDeleteBitmapRequest request, CancellationToken token)
    {
        var key = Key.PendingDeleteBitmap(instanceId, request.TabletId);
        var pending = await transaction.GetAsync(key, cancellationToken: token)
            .ConfigureAwait(false) ?? new PendingDeleteBitmapPB();
        var continues = request.IsExplicitTxn && request.TxnId != request.LockId;
        if (!continues)
        {
            foreach (var bitmap in pending.DeleteBitmapKeys)
            {
                transaction.Clear(new SplitBytesKey(bitmap.ToByteArray()));
            }

            pending.DeleteBitmapKeys.Clear();
        }

        for (var i = 0; i < request.RowsetIds.Count; i++)
        {
            pending.DeleteBitmapKeys.Add(ByteString.CopyFrom(KeyOf(instanceId, request, i).Bytes));
        }

        TabletArguments.Fits(pending, "the list of the load's delete bitmaps");
        transaction.Set(key, pending);
    }

    private static async ValueTask<GetDeleteBitmapResponse> ReadAsync(
        IKvReader reader, string instanceId, GetDeleteBitmapRequest request, CancellationToken token)
    {
        if (request.Idx is not null)
        {
            await RequireUncompactedAsync(reader, instanceId, request, token).ConfigureAwait(false);
        }

        var response = new GetDeleteBitmapResponse { TabletId = request.TabletId };
        var bytes = 0L;
        for (var i = 0; i < request.RowsetIds.Count; i++)
        {
            var rowsetId = request.RowsetIds[i];
            var range = KeyRanges.DeleteBitmaps(
                instanceId, request.TabletId, rowsetId, request.BeginVersions[i], request.EndVersions[i]);
            await foreach (var bitmap in reader.ScanDeleteBitmapsAsync(range, token).ConfigureAwait(false))
            {
                response.RowsetIds.Add(rowsetId);
                response.SegmentIds.Add(checked((uint)bitmap.SegmentId));
                response.Versions.Add(bitmap.Version);
                response.SegmentDeleteBitmaps.Add(UnsafeByteOperations.UnsafeWrap(bitmap.Bytes));
                bytes += bitmap.Bytes.Length;
            }

            response.ReturnedRowsetIds.Add(rowsetId);
            if (request.DbmBytesThreshold > 0 && bytes >= request.DbmBytesThreshold && i + 1 < request.RowsetIds.Count)
            {
                response.HasMore = true;
                break;
            }
        }

        return response;
    }

    private static async ValueTask RequireUncompactedAsync(
        IKvReader reader, string instanceId, GetDeleteBitmapRequest request, CancellationToken token)
    {
        var tablet = await TabletStore.CompleteAsync(reader, instanceId, request.Idx, "idx", token).ConfigureAwait(false);
        var stats = await reader.GetAsync(Key.StatsTablet(instanceId, tablet), cancellationToken: token).ConfigureAwait(false)
            ?? throw TabletErrors.TabletNotFound(tablet.TabletId);
        if (request.BaseCompactionCnt < stats.BaseCompactionCnt
            || request.CumulativeCompactionCnt < stats.CumulativeCompactionCnt
            || request.CumulativePoint < stats.CumulativePoint)
        {
            throw DeleteBitmapErrors.CompactedSince(tablet.TabletId);
        }
    }

    private static void CheckUpdate(UpdateDeleteBitmapRequest request)
    {
        TabletArguments.Id(request.TabletId, "tablet_id");
        RequireFirstStoreVersion(request.HasStoreVersion, request.StoreVersion);
        if (!request.WithoutLock)
        {
            TabletArguments.Id(request.TableId, "table_id");
            if (!request.HasLockId || !request.HasInitiator)
            {
                throw Errors.Missing(request.HasLockId ? "initiator" : "lock_id");
            }
        }

        if (request.RowsetIds.Count != request.SegmentIds.Count || request.RowsetIds.Count != request.Versions.Count
            || request.RowsetIds.Count != request.SegmentDeleteBitmaps.Count)
        {
            throw DeleteBitmapErrors.LengthsDiffer("rowset_ids, segment_ids, versions and segment_delete_bitmaps");
        }

        for (var i = 0; i < request.RowsetIds.Count; i++)
        {
            Check.Name(request.RowsetIds[i], "rowset_ids");
            TabletArguments.NotNegative(request.Versions[i], "versions");
        }
    }

    private static void CheckRanges(
        long tabletId, IReadOnlyList<string> rowsetIds, IReadOnlyList<long> beginVersions, IReadOnlyList<long> endVersions)
    {
        TabletArguments.Id(tabletId, "tablet_id");
        if (rowsetIds.Count != beginVersions.Count || rowsetIds.Count != endVersions.Count)
        {
            throw DeleteBitmapErrors.LengthsDiffer("rowset_ids, begin_versions and end_versions");
        }

        for (var i = 0; i < rowsetIds.Count; i++)
        {
            Check.Name(rowsetIds[i], "rowset_ids");
            TabletArguments.NotNegative(beginVersions[i], "begin_versions");
            if (endVersions[i] < beginVersions[i])
            {
                throw Errors.Invalid("end_versions must not be below begin_versions");
            }
        }
    }

    // Another version keeps the bitmaps elsewhere: to take it for this one would lose them.
    private static void RequireFirstStoreVersion(bool given, long version)
    {
        if (given && version != FirstStoreVersion)
        {
            throw DeleteBitmapErrors.StoreVersion(version);
        }
    }

    private static SplitBytesKey KeyOf(string instanceId, UpdateDeleteBitmapRequest request, int i) =>
        Key.DeleteBitmap(instanceId, request.TabletId, request.RowsetIds[i], request.Versions[i], request.SegmentIds[i]);

    /// <summary>
    /// The positions of an update's bitmaps, in steps; at least one step, for what an update without bitmaps removes.
    /// </summary>
    private static IEnumerable<List<int>> Batches(UpdateDeleteBitmapRequest request)
    {
        var batch = new List<int>();
        var bytes = 0;
        for (var i = 0; i < request.SegmentDeleteBitmaps.Count; i++)
        {
            var size = request.SegmentDeleteBitmaps[i].Length + request.RowsetIds[i].Length + 100;
            if (batch.Count > 0 && bytes + size > BatchBytes)
            {
                yield return batch;
                batch = [];
                bytes = 0;
            }

            batch.Add(i);
            bytes += size;
        }

        yield return batch;
    }
}
