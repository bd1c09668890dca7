using Google.Protobuf;
using MetaService.Domain.Audit;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Cloud;
using MetaService.Records.Own;
using MetaService.Storage;
using Kind = MetaService.Records.Own.RotationCursorPB.Types.Kind;

namespace MetaService.Domain.Secrets;

/// <summary>
/// One page of a rotation: first the IAM user, then each instance with its vaults and its dropped stages, one transaction for
/// each record.
/// </summary>
/// <param name="origin">Who asks for it.</param>
/// <param name="time">The clock.</param>
/// <param name="cursor">Where to begin; moved along.</param>
/// <param name="response">Takes the counts.</param>
/// <param name="limit">Most records to look at.</param>
internal sealed class RotationPage(
    TransactionRunner runner,
    SealedRecords secrets,
    ChangeOrigin origin,
    TimeProvider time,
    RotationCursorPB cursor,
    RotateSecretsResponse response,
    int limit)
{
    /// <summary>Records read at a time: an instance may be 100 kB long.</summary>
    private const int Chunk = 20;

    private int Left => limit - response.Examined;

    /// <summary>True when nothing is left behind the page.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        while (Left > 0)
        {
            switch (cursor.Kind)
            {
                case Kind.IamUser:
                    await ResealAsync(Key.ArnInfo(), "the IAM user", cancellationToken).ConfigureAwait(false);
                    MoveTo(Kind.Instance, "");
                    break;
                case Kind.Instance:
                    if (!await NextInstanceAsync(cancellationToken).ConfigureAwait(false))
                    {
                        return true;
                    }

                    break;
                case Kind.Vault:
                    await ScanAsync(
                        KeyRanges.StorageVaults(cursor.InstanceId), id => Key.StorageVault(cursor.InstanceId, id), "vault",
                        Kind.RecycledStage, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    await ScanAsync(
                        KeyRanges.RecycledStages(cursor.InstanceId), id => Key.RecycleStage(cursor.InstanceId, id),
                        "dropped stage", Kind.Instance, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        return false;
    }

    private async Task<bool> NextInstanceAsync(CancellationToken cancellationToken)
    {
        var range = KeyRanges.Instances("", cursor.InstanceId);
        var (found, _) = await runner.ReadAsync(
            (reader, token) => reader.GetRangeAsync(range, new KvRangeOptions(1, Snapshot: true), token), cancellationToken)
            .ConfigureAwait(false);
        if (found.Count == 0)
        {
            return false;
        }

        var id = found[0].Fields.Values[0].ToText();
        await ResealAsync(Key.Instance(id), $"the record of instance {id}", cancellationToken).ConfigureAwait(false);
        MoveTo(Kind.Vault, id);
        return true;
    }

    /// <summary>Goes through the next records of one kind of one instance.</summary>
    private async Task ScanAsync<T>(
        RecordRange<T> range, Func<string, SecretRecordKey<T>> keyOf, string what, Kind next, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        range = cursor.HasAfter ? range.After(keyOf(cursor.After)) : range;
        var options = new KvRangeOptions(Math.Min(Left, Chunk), Snapshot: true);
        var (found, hasMore) = await runner.ReadAsync(
            (reader, token) => reader.GetRangeAsync(range, options, token), cancellationToken).ConfigureAwait(false);
        foreach (var record in found)
        {
            var id = record.Fields.Values[1].ToText();
            await ResealAsync(keyOf(id), $"{what} {id} of instance {cursor.InstanceId}", cancellationToken).ConfigureAwait(false);
            cursor.After = id;
        }

        if (!hasMore)
        {
            MoveTo(next, cursor.InstanceId);
        }
    }

    private async Task ResealAsync<T>(SecretRecordKey<T> key, string what, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        response.Examined++;
        try
        {
            var changed = await AuditedChange.RunAsync(
                runner, origin, time, (change, token) => secrets.ResealAsync(change, key, what, token), cancellationToken)
                .ConfigureAwait(false);
            response.Resealed += changed ? 1 : 0;
        }
        catch (MetaServiceException e) when (e.Code is MetaServiceCode.ErrDecpypt or MetaServiceCode.InvalidArgument)
        {
            // One record that cannot be opened, or is too long once it is sealed, must not keep the others from it.
            cursor.Failed++;
            response.Failures.Add(e.Message);
        }
    }

    private void MoveTo(Kind kind, string instanceId)
    {
        cursor.Kind = kind;
        cursor.InstanceId = instanceId;
        cursor.ClearAfter();
    }
}
