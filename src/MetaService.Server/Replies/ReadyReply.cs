using MetaService.Security;
using MetaService.Storage;

namespace MetaService.Server.Replies;

/// <summary>A reply that can be sent again as it is while nothing that it was made from has changed.</summary>
/// <param name="Body">The bytes of the reply, always those of a success.</param>
/// <param name="InstanceId">The instance that the request was counted for; null when none was.</param>
/// <param name="Version">The version of the store that was read.</param>
/// <param name="Places">The places of all keys that were read.</param>
/// <param name="Keyring">The keys in use when it was made: without one of them, a secret could not be shown.</param>
internal sealed record ReadyReply(byte[] Body, string? InstanceId, long Version, int[] Places, SecretKeyring Keyring)
{
    // What an entry takes beside its arrays.
    private const int Overhead = 256;

    /// <summary>Bytes that it takes with its key.</summary>
    public int SizeWith(byte[] key) => Overhead + key.Length + Body.Length + (Places.Length * sizeof(int));

    /// <summary>Whether a reply made now would be the same.</summary>
    public bool IsCurrent(WriteStamps stamps, SecretKeyring keyring) =>
        ReferenceEquals(Keyring, keyring) && stamps.AreUnwrittenSince(Version, Places);
}
