using Google.Protobuf;
using MetaService.Keys;

namespace MetaService.Maintenance.Verification;

/// <summary>What the checks of one record work with.</summary>
/// <param name="Store">The version of the store that the record was read at.</param>
/// <param name="KeyBytes">The key of the record.</param>
/// <param name="Key">The key taken apart.</param>
/// <param name="InstanceId">The instance that the record belongs to; empty for records of the service as a whole.</param>
/// <param name="Found">The defects found so far.</param>
internal sealed record CheckContext(
    StoreView Store, byte[] KeyBytes, ParsedKey Key, string InstanceId, List<Defect> Found)
{
    /// <summary>Notes a defect of the record.</summary>
    public void Report(DefectKind kind, string problem) => Found.Add(new Defect(kind, KeyBytes, Key, problem));

    /// <summary>Notes defects unless the index or partition is dropped: what belongs to it need not agree any more.</summary>
    public async ValueTask ReportUnlessDroppedAsync(
        long indexId, long partitionId, IReadOnlyCollection<(DefectKind Kind, string Problem)> problems)
    {
        if (problems.Count > 0 && !await Store.IsDroppedAsync(InstanceId, indexId, partitionId).ConfigureAwait(false))
        {
            foreach (var (kind, problem) in problems)
            {
                Report(kind, problem);
            }
        }
    }

    /// <summary>The readable form of another key.</summary>
    public static string Name<T>(RecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        Name(key.Bytes);

    /// <inheritdoc cref="Name{T}(RecordKey{T})"/>
    public static string Name<T>(SecretRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        Name(key.Bytes);

    /// <inheritdoc cref="Name{T}(RecordKey{T})"/>
    public static string Name<T>(StampedRecordKey<T> key)
        where T : class, IMessage<T>, new() =>
        Name(key.Bytes);

    private static string Name(byte[] key) => KeyText.OneLine(KeySpace.Parse(key));
}
