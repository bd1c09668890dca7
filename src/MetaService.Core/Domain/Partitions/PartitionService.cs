using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using State = MetaService.Records.Cloud.RecyclePartitionPB.Types.State;

namespace MetaService.Domain.Partitions;

/// <summary>
/// Partitions of tables come and go like indexes: prepared, committed, dropped. Each request is done for all its partitions or
/// for none.
/// </summary>
public sealed class PartitionService(TransactionRunner runner, TimeProvider time)
{
    // A partition without a stored version has this one.
    private const long FirstVersion = 1;

    /// <summary>
    /// Announces partitions, with versions of their own where they do not start at 1; announcing them again is fine.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or a partition is being dropped; ALREADY_EXISTED: one has tablets.
    /// </exception>
    public Task<PartitionResponse> PreparePartitionAsync(PartitionRequest request, CancellationToken cancellationToken)
    {
        CheckVersions(request);
        return ChangeAsync(
            request,
            async (transaction, instanceId, token) =>
            {
                for (var i = 0; i < request.PartitionIds.Count; i++)
                {
                    var id = request.PartitionIds[i];
                    if (await ExistsAsync(transaction, instanceId, request, id, token).ConfigureAwait(false))
                    {
                        throw PartitionErrors.PartitionExists(id);
                    }

                    var key = Key.RecyclePartition(instanceId, id);
                    var recycled = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                    if (recycled is { State: not State.Prepared })
                    {
                        throw PartitionErrors.PartitionState(id, recycled.State);
                    }

                    if (recycled is null)
                    {
                        transaction.Set(key, Recycled(request, State.Prepared));
                        SetVersion(transaction, instanceId, request, i);
                    }
                }
            },
            cancellationToken);
    }

    /// <summary>
    /// Puts prepared partitions into service; those that are already stay so. With db_id the table gets a new version.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or a partition is not prepared.
    /// </exception>
    public Task<PartitionResponse> CommitPartitionAsync(PartitionRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(
            request,
            async (transaction, instanceId, token) =>
            {
                var committed = 0;
                foreach (var id in request.PartitionIds.Distinct())
                {
                    var key = Key.RecyclePartition(instanceId, id);
                    var recycled = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                    if (recycled is null)
                    {
                        if (!await ExistsAsync(transaction, instanceId, request, id, token).ConfigureAwait(false))
                        {
                            throw PartitionErrors.PartitionRecycled(id);
                        }

                        continue;
                    }

                    if (recycled.State != State.Prepared)
                    {
                        throw PartitionErrors.PartitionState(id, recycled.State);
                    }

                    transaction.Clear(key);
                    committed++;
                }

                AddTableVersion(transaction, instanceId, request, committed > 0 && request.HasDbId);
            },
            cancellationToken);

    /// <summary>
    /// Takes partitions out of service; those that are already stay so. With need_update_table_version the table gets a new
    /// version.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or a stored state is not known.
    /// </exception>
    public Task<PartitionResponse> DropPartitionAsync(PartitionRequest request, CancellationToken cancellationToken)
    {
        if (request.NeedUpdateTableVersion)
        {
            TabletArguments.Id(request.DbId, "db_id");
        }

        return ChangeAsync(
            request,
            async (transaction, instanceId, token) =>
            {
                var dropped = 0;
                foreach (var id in request.PartitionIds)
                {
                    var key = Key.RecyclePartition(instanceId, id);
                    var recycled = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                    switch (recycled?.State)
                    {
                        case null or State.Prepared:
                            transaction.Set(key, Recycled(request, State.Dropped));
                            dropped++;
                            break;
                        case State.Dropped or State.Recycling:
                            break;
                        default:
                            throw PartitionErrors.PartitionState(id, recycled.State);
                    }
                }

                AddTableVersion(transaction, instanceId, request, dropped > 0 && request.NeedUpdateTableVersion);
            },
            cancellationToken);
    }

    private Task<PartitionResponse> ChangeAsync(
        PartitionRequest request, Func<IKvTransaction, string, CancellationToken, ValueTask> change,
        CancellationToken cancellationToken)
    {
        TabletArguments.Ids(request.PartitionIds, "partition_ids");
        TabletArguments.Ids(request.IndexIds, "index_ids");
        TabletArguments.Id(request.TableId, "table_id");
        TabletArguments.NotNegative(request.DbId, "db_id");
        TabletArguments.NotNegative(request.Expiration, "expiration");
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                await change(transaction, instance.InstanceId, token).ConfigureAwait(false);
                return new PartitionResponse();
            },
            cancellationToken);
    }

    private static void CheckVersions(PartitionRequest request)
    {
        if (request.PartitionVersions.Count == 0)
        {
            return;
        }

        if (request.PartitionVersions.Count != request.PartitionIds.Count)
        {
            throw Errors.Invalid("partition_versions must be as many as partition_ids");
        }

        TabletArguments.Ids(request.PartitionVersions, "partition_versions");
        TabletArguments.Id(request.DbId, "db_id");
    }

    private void SetVersion(IKvTransaction transaction, string instanceId, PartitionRequest request, int i)
    {
        if (request.PartitionVersions.Count > 0 && request.PartitionVersions[i] > FirstVersion)
        {
            var version = new VersionPB
            {
                Version = request.PartitionVersions[i],
                UpdateTimeMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            transaction.Set(Key.PartitionVersion(instanceId, request.DbId, request.TableId, request.PartitionIds[i]), version);
        }
    }

    private static void AddTableVersion(IKvTransaction transaction, string instanceId, PartitionRequest request, bool isNeeded)
    {
        if (isNeeded)
        {
            transaction.Add(Key.TableVersion(instanceId, request.DbId, request.TableId), 1);
        }
    }

    private RecyclePartitionPB Recycled(PartitionRequest request, State state)
    {
        var recycled = new RecyclePartitionPB
        {
            TableId = request.TableId,
            CreationTime = time.GetUtcNow().ToUnixTimeSeconds(),
            Expiration = request.Expiration,
            State = state,
        };
        if (request.HasDbId)
        {
            recycled.DbId = request.DbId;
        }

        recycled.IndexId.Add(request.IndexIds);
        return recycled;
    }

    private static async ValueTask<bool> ExistsAsync(
        IKvTransaction transaction, string instanceId, PartitionRequest request, long partitionId, CancellationToken token)
    {
        foreach (var indexId in request.IndexIds)
        {
            var (tablets, _) = await transaction.GetRangeAsync(
                KeyRanges.TabletsOfPartition(instanceId, request.TableId, indexId, partitionId),
                new KvRangeOptions(Limit: 1),
                token).ConfigureAwait(false);
            if (tablets.Count > 0)
            {
                return true;
            }
        }

        return false;
    }
}
