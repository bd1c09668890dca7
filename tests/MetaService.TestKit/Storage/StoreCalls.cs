using System.Text;
using MetaService.Storage;

namespace MetaService.TestKit.Storage;

/// <summary>One-line transactions on text keys and values.</summary>
public static class StoreCalls
{
    public static async Task<KvCommit> SetAsync(this IKvStore store, string key, string value)
    {
        using var transaction = store.BeginTransaction();
        transaction.Set(Bytes(key), Bytes(value));
        return await transaction.CommitAsync();
    }

    public static async Task<string?> GetAsync(this IKvStore store, string key)
    {
        using var reader = store.BeginRead();
        return await reader.GetAsync(Bytes(key)) is { } value ? Encoding.UTF8.GetString(value) : null;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
