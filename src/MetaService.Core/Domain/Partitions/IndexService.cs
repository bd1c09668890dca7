using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;
using State = MetaService.Records.Cloud.RecycleIndexPB.Types.State;

namespace MetaService.Domain.Partitions;

/// <summary>
/// Indexes of tables come and go in two steps: prepared before their tablets are created, so that those can be found if nothing
/// comes of it, then committed. Dropped ones are removed later. Each request is done for all its indexes or for none.
/// </summary>
public sealed class IndexService(TransactionRunner runner, TimeProvider time)
{
    /// <summary>Announces indexes; announcing them again is fine.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or an index is being dropped; ALREADY_EXISTED: one has tablets.
    /// </exception>
    public Task<IndexResponse> PrepareIndexAsync(IndexRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(
            request,
            async (transaction, instanceId, token) =>
            {
                foreach (var id in request.IndexIds)
                {
                    if (await ExistsAsync(transaction, instanceId, request.TableId, id, token).ConfigureAwait(false))
                    {
                        throw PartitionErrors.IndexExists(id);
                    }

                    var key = Key.RecycleIndex(instanceId, id);
                    var recycled = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                    if (recycled is null)
                    {
                        transaction.Set(key, Recycled(request, State.Prepared));
                    }
                    else if (recycled.State != State.Prepared)
                    {
                        throw PartitionErrors.IndexState(id, recycled.State);
                    }
                }
            },
            cancellationToken);

    /// <summary>Puts prepared indexes into service; those that are already stay so. A new table gets its first version.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or an index is not prepared.
    /// </exception>
    public Task<IndexResponse> CommitIndexAsync(IndexRequest request, CancellationToken cancellationToken)
    {
        if (request.IsNewTable)
        {
            TabletArguments.Id(request.DbId, "db_id");
        }

        return ChangeAsync(
            request,
            async (transaction, instanceId, token) =>
            {
                var committed = 0;
                foreach (var id in request.IndexIds.Distinct())
                {
                    var key = Key.RecycleIndex(instanceId, id);
                    var recycled = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                    if (recycled is null)
                    {
                        if (!await ExistsAsync(transaction, instanceId, request.TableId, id, token).ConfigureAwait(false))
                        {
                            throw PartitionErrors.IndexRecycled(id);
                        }

                        continue;
                    }

                    if (recycled.State != State.Prepared)
                    {
                        throw PartitionErrors.IndexState(id, recycled.State);
                    }

                    transaction.Clear(key);
                    committed++;
                }

                if (request.IsNewTable && committed > 0)
                {
                    transaction.Add(Key.TableVersion(instanceId, request.DbId, request.TableId), 1);
                }
            },
            cancellationToken);
    }

    /// <summary>Takes indexes out of service; those that are already stay so.</summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or a stored state is not known.
    /// </exception>
    public Task<IndexResponse> DropIndexAsync(IndexRequest request, CancellationToken cancellationToken) =>
        ChangeAsync(
            request,
            async (transaction, instanceId, token) =>
            {
                foreach (var id in request.IndexIds)
                {
                    var key = Key.RecycleIndex(instanceId, id);
                    var recycled = await transaction.GetAsync(key, cancellationToken: token).ConfigureAwait(false);
                    switch (recycled?.State)
                    {
                        case null or State.Prepared:
                            transaction.Set(key, Recycled(request, State.Dropped));
                            break;
                        case State.Dropped or State.Recycling:
                            break;
                        default:
                            throw PartitionErrors.IndexState(id, recycled.State);
                    }
                }
            },
            cancellationToken);

    private Task<IndexResponse> ChangeAsync(
        IndexRequest request, Func<IKvTransaction, string, CancellationToken, ValueTask> change,
        CancellationToken cancellationToken)
    {
        TabletArguments.Ids(request.IndexIds, "index_ids");
        TabletArguments.Id(request.TableId, "table_id");
        TabletArguments.NotNegative(request.DbId, "db_id");
        TabletArguments.NotNegative(request.Expiration, "expiration");
        return runner.ChangeDataAsync(
            request.CloudUniqueId,
            async (transaction, instance, token) =>
            {
                await change(transaction, instance.InstanceId, token).ConfigureAwait(false);
                return new IndexResponse();
            },
            cancellationToken);
    }

    private RecycleIndexPB Recycled(IndexRequest request, State state) => new()
    {
        TableId = request.TableId,
        CreationTime = time.GetUtcNow().ToUnixTimeSeconds(),
        Expiration = request.Expiration,
        State = state,
    };

    private static async ValueTask<bool> ExistsAsync(
        IKvTransaction transaction, string instanceId, long tableId, long indexId, CancellationToken token)
    {
        var (tablets, _) = await transaction.GetRangeAsync(
            KeyRanges.TabletsOfIndex(instanceId, tableId, indexId), new KvRangeOptions(Limit: 1), token).ConfigureAwait(false);
        return tablets.Count > 0;
    }
}
