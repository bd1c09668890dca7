using Google.Protobuf;
using MetaService.Keys;
using MetaService.Storage;

namespace MetaService.UnitTests;

internal static class ClearRecords
{
    /// <summary>Writes a record with its secrets as they are, as a version did that did not seal them.</summary>
    public static void SetClear<T>(this IKvTransaction transaction, SecretRecordKey<T> key, T record)
        where T : class, IMessage<T>, new() =>
        transaction.Set(key.Bytes, record.ToByteArray());
}
