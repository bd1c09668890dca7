using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Domain.Audit;

/// <summary>
/// A transaction together with what it changes for whom. The note of it is written by the transaction itself, so that there is
/// neither a change without its note nor a note of what never happened.
/// </summary>
public sealed class AuditedChange
{
    /// <summary>Bytes of records before and after that an entry holds at most; beyond it tells how many there were.</summary>
    public const int MaxBytes = 32 * 1024;

    private readonly ChangeOrigin? _origin;

    // Records as they go into the entry. They come as bytes and need not become objects in between.
    private readonly WireBuffer _records = new(usualLength: 1024);
    private readonly WireBuffer _old = new(usualLength: 512);
    private readonly WireBuffer _now = new(usualLength: 512);
    private string _instanceId = "";
    private int _bytes;

    /// <summary>For transactions that are run by something else than <see cref="RunAsync"/>.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="origin">Who asks; null for a change that is not audited.</param>
    public AuditedChange(IKvTransaction transaction, ChangeOrigin? origin)
    {
        Transaction = transaction;
        _origin = origin;
    }

    /// <summary>The transaction.</summary>
    public IKvTransaction Transaction { get; }

    /// <summary>Runs a read-write transaction until it is committed, with an entry of what it has noted.</summary>
    /// <param name="runner">Runs it.</param>
    /// <param name="origin">Who asks; null for a change that is not audited.</param>
    /// <param name="time">The clock.</param>
    /// <param name="body">Makes the change; may run several times.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KvException">The store stayed unavailable, or refused the transaction for good.</exception>
    public static Task<T> RunAsync<T>(
        TransactionRunner runner,
        ChangeOrigin? origin,
        TimeProvider time,
        Func<AuditedChange, CancellationToken, ValueTask<T>> body,
        CancellationToken cancellationToken) =>
        RunInTurnAsync(runner, null, origin, time, body, cancellationToken);

    /// <summary>The same for a change that is going to meet others at a key.</summary>
    /// <param name="runner">Runs it.</param>
    /// <param name="meetingKey">See <see cref="TransactionRunner.RunInTurnAsync{T}"/>.</param>
    /// <param name="origin">Who asks; null for a change that is not audited.</param>
    /// <param name="time">The clock.</param>
    /// <param name="body">Makes the change; may run several times.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KvException">The store stayed unavailable, or refused the transaction for good.</exception>
    public static Task<T> RunInTurnAsync<T>(
        TransactionRunner runner,
        byte[]? meetingKey,
        ChangeOrigin? origin,
        TimeProvider time,
        Func<AuditedChange, CancellationToken, ValueTask<T>> body,
        CancellationToken cancellationToken) =>
        runner.RunInTurnAsync(
            meetingKey,
            async (transaction, token) =>
            {
                var change = new AuditedChange(transaction, origin);
                var result = await body(change, token).ConfigureAwait(false);
                change.Write(time);
                return result;
            },
            cancellationToken);

    /// <summary>Notes that a record is about to be written; to be called before it is.</summary>
    /// <param name="instanceId">The instance that it belongs to; empty for one of the service as a whole.</param>
    /// <param name="key">The key that it is stored under.</param>
    /// <param name="after">The record as it will be stored.</param>
    /// <param name="type">Its type.</param>
    /// <param name="cancellationToken">Ends the read of what is stored now.</param>
    /// <exception cref="KvException">The store cannot be read.</exception>
    public async ValueTask NoteAsync(
        string instanceId, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> after, MessageDescriptor type,
        CancellationToken cancellationToken)
    {
        if (_origin is not null)
        {
            var before = await Transaction.GetAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false);
            Note(instanceId, before, after.Span, type);
        }
    }

    /// <summary>Notes that a record is written where there is none.</summary>
    /// <param name="instanceId">The instance that it belongs to.</param>
    /// <param name="record">The record as it will be stored.</param>
    /// <param name="type">Its type.</param>
    public void NoteFirst(string instanceId, ReadOnlySpan<byte> record, MessageDescriptor type)
    {
        if (_origin is not null)
        {
            Note(instanceId, [], record, type);
        }
    }

    /// <summary>Notes how a record was and how it is; null where there was or is none.</summary>
    public void Note<T>(string instanceId, T? before, T? after)
        where T : class, IMessage<T>, new()
    {
        if (_origin is not null)
        {
            Note(instanceId, before?.ToByteArray(), after?.ToByteArray(), new T().Descriptor);
        }
    }

    private void Note(string instanceId, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, MessageDescriptor type)
    {
        if (before.SequenceEqual(after))
        {
            return;
        }

        _instanceId = instanceId;
        _old.Clear();
        _now.Clear();
        RecordDifference.Write(before, after, type, _old, _now);
        _bytes += _old.Length + _now.Length;
        if (_bytes > MaxBytes)
        {
            var omitted = new AuditedRecordPB { OmittedBytes = _old.Length + _now.Length };
            _records.WriteField(AuditEntryPB.RecordsFieldNumber, omitted.ToByteArray());
            return;
        }

        var record = _records.BeginMessage(AuditEntryPB.RecordsFieldNumber);
        if (!before.IsEmpty)
        {
            WriteState(AuditedRecordPB.BeforeFieldNumber, type, _old.Written);
        }

        if (!after.IsEmpty)
        {
            WriteState(AuditedRecordPB.AfterFieldNumber, type, _now.Written);
        }

        _records.EndMessage(record);
    }

    private void WriteState(int number, MessageDescriptor type, ReadOnlySpan<byte> record)
    {
        var state = _records.BeginMessage(number);
        _records.WriteField(RecordStates.FieldOf(type), record);
        _records.EndMessage(state);
    }

    /// <summary>Writes the entry, unless nothing was noted; the last thing to do before the commit.</summary>
    public void Write(TimeProvider time)
    {
        if (_origin is null || _records.Length == 0)
        {
            return;
        }

        var entry = new AuditEntryPB
        {
            TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Who = _origin.Who,
            Action = _origin.Action,
            RequestId = _origin.RequestId,
        };
        if (_origin.From is { } from)
        {
            entry.From = from.ToString();
        }

        if (_origin.Certificate is { } certificate)
        {
            entry.Certificate = certificate;
        }

        // The records are the last fields of those that are set.
        Transaction.AddWithCommitStamp(Key.Audit(_instanceId), [.. entry.ToByteArray(), .. _records.Written]);
    }
}
