using MetaService.Domain.Tablets;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Storage;

namespace MetaService.Domain.Versions;

/// <summary>Makes a committed transaction visible that nobody has finished yet.</summary>
/// <param name="instanceId">The instance of the transaction.</param>
/// <param name="txnId">The transaction.</param>
/// <returns>Completes once it is visible or there is nothing to be done about it.</returns>
public delegate Task FinishPendingTxn(string instanceId, long txnId, CancellationToken cancellationToken);

/// <summary>What a version is of: a partition, or a table when there is none.</summary>
internal readonly record struct VersionSubject(long DbId, long TableId, long? PartitionId);

/// <summary>Answers which versions of partitions and tables are visible.</summary>
/// <param name="finishPendingTxn">Used for requests that wait for transactions which are committed but not visible.</param>
public sealed class VersionService(TransactionRunner runner, FinishPendingTxn finishPendingTxn)
{
    private const long NoVersion = -1;

    /// <summary>
    /// The version of a partition or, with is_table_version, of a table. With batch_mode the versions of many, in the order asked
    /// for, with -1 for those that have none. With wait_for_pending_txn the transactions that are pending on the partitions when
    /// the request arrives are made visible first.
    /// </summary>
    /// <exception cref="MetaServiceException">
    /// INVALID_ARGUMENT: a field is missing or out of range, or lists differ in length; VERSION_NOT_FOUND: not in batch_mode.
    /// </exception>
    public async Task<GetVersionResponse> GetVersionAsync(GetVersionRequest request, CancellationToken cancellationToken)
    {
        var subjects = Subjects(request);
        var (instanceId, versions) = await ReadAsync(request.CloudUniqueId, subjects, cancellationToken).ConfigureAwait(false);
        var pending = versions.SelectMany(v => v?.PendingTxnIds ?? []).Distinct().ToList();
        if (request.WaitForPendingTxn && pending.Count > 0)
        {
            foreach (var txnId in pending)
            {
                await finishPendingTxn(instanceId, txnId, cancellationToken).ConfigureAwait(false);
            }

            (_, versions) = await ReadAsync(request.CloudUniqueId, subjects, cancellationToken).ConfigureAwait(false);
        }

        return request.BatchMode ? ManyVersions(request, versions) : OneVersion(request, subjects[0], versions[0]);
    }

    private static List<VersionSubject> Subjects(GetVersionRequest request)
    {
        if (!request.BatchMode)
        {
            return [Subject(request.DbId, request.TableId, request.IsTableVersion ? null : request.PartitionId, "_id")];
        }

        if (request.DbIds.Count == 0)
        {
            throw Errors.Missing("db_ids");
        }

        if (request.DbIds.Count != request.TableIds.Count
            || (!request.IsTableVersion && request.DbIds.Count != request.PartitionIds.Count))
        {
            throw Errors.Invalid("db_ids, table_ids and partition_ids must be of the same length");
        }

        return [.. request.DbIds.Select((dbId, i) => Subject(
            dbId, request.TableIds[i], request.IsTableVersion ? null : request.PartitionIds[i], "_ids"))];
    }

    private static VersionSubject Subject(long dbId, long tableId, long? partitionId, string suffix)
    {
        TabletArguments.Id(dbId, "db" + suffix);
        TabletArguments.Id(tableId, "table" + suffix);
        if (partitionId is { } id)
        {
            TabletArguments.Id(id, "partition" + suffix);
        }

        return new VersionSubject(dbId, tableId, partitionId);
    }

    private Task<(string InstanceId, List<VersionPB?> Versions)> ReadAsync(
        string cloudUniqueId, List<VersionSubject> subjects, CancellationToken cancellationToken) =>
        runner.ReadDataAsync(
            cloudUniqueId,
            async (reader, instanceId, token) =>
            {
                var versions = new List<VersionPB?>(subjects.Count);
                foreach (var subject in subjects)
                {
                    versions.Add(await ReadAsync(reader, instanceId, subject, token).ConfigureAwait(false));
                }

                return (instanceId, versions);
            },
            cancellationToken);

    private static async ValueTask<VersionPB?> ReadAsync(
        IKvReader reader, string instanceId, VersionSubject subject, CancellationToken token)
    {
        if (subject.PartitionId is { } partitionId)
        {
            return await reader.GetAsync(
                Key.PartitionVersion(instanceId, subject.DbId, subject.TableId, partitionId), cancellationToken: token)
                .ConfigureAwait(false);
        }

        var version = await reader.GetAsync(Key.TableVersion(instanceId, subject.DbId, subject.TableId), cancellationToken: token)
            .ConfigureAwait(false);
        return version is { } number ? new VersionPB { Version = number } : null;
    }

    // A partition whose first transaction is still pending has a record without a version.
    private static GetVersionResponse OneVersion(GetVersionRequest request, VersionSubject subject, VersionPB? version)
    {
        if (version is not { HasVersion: true })
        {
            throw VersionErrors.NotFound(subject);
        }

        var response = new GetVersionResponse { Version = version.Version };
        if (!request.IsTableVersion)
        {
            response.VersionUpdateTimeMs.Add(version.UpdateTimeMs);
        }

        return response;
    }

    private static GetVersionResponse ManyVersions(GetVersionRequest request, List<VersionPB?> versions)
    {
        var response = new GetVersionResponse();
        response.DbIds.Add(request.DbIds);
        response.TableIds.Add(request.TableIds);
        response.PartitionIds.Add(request.PartitionIds);
        foreach (var version in versions)
        {
            response.Versions.Add(version is { HasVersion: true } ? version.Version : NoVersion);
            if (!request.IsTableVersion)
            {
                response.VersionUpdateTimeMs.Add(version?.UpdateTimeMs ?? 0);
            }
        }

        return response;
    }
}
